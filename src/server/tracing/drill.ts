import { contactsFrom } from "#server/tracing/contacts.ts";
import { crowdOf } from "#server/tracing/crowd.ts";
import { overlapOf } from "#server/tracing/overlap.ts";
import { pair } from "#server/tracing/pair.ts";
import type { Sighting } from "#server/tracing/pair.ts";
import { around } from "#server/tracing/visit.ts";
import type { Visit } from "#server/tracing/visit.ts";

/** How well an exercise was solved, whose truth is known. */
export type DrillResult = {
  readonly persons: number;
  /** Who truly was with the index person. */
  readonly trueContacts: number;
  /** Share of them that was found as possible, and as expected for a minute or more. */
  readonly recall: number;
  readonly expectedRecall: number;
  /** Share of the found that truly was there, likewise. */
  readonly precision: number;
  readonly expectedPrecision: number;
};

type TrueStay = {
  readonly person: number;
  readonly place: string;
  readonly fromMs: number;
  readonly toMs: number;
};

const MINUTE_MS = 60_000;
const START_MS = Date.UTC(2026, 0, 5, 0, 0);
const PLACES = ["shop", "office", "restaurant", "school"] as const;
/** What goes wrong at real doors: exits nobody scans, and clocks. */
const MISSED_EXITS = 0.3;
const CLOCK_ERROR_MS = 5_000;

/**
 * A made-up day of an outbreak in memory, the same for the same `fraction`s: people go from place to place, some exits
 * are not scanned, and the contacts of the first person are asked for. Nothing is stored, nobody is real.
 */
export function runDrill(persons: number, fraction: () => number): DrillResult {
  const stays = Array.from({ length: persons }, (_, person) => staysOf(person, fraction)).flat();
  const sightings = stays.flatMap((stay, index) => sightingsOf(stay, index, fraction));
  const visits = [...Map.groupBy(sightings, (one) => one.subject).values()].flatMap((own) =>
    pair(own, (place) => ({ type: place.replace(/-\d+$/u, ""), closesMinutes: [] })),
  );
  const truth = trueContactsOf(stays);
  const found = foundContacts(visits);
  const expected = found.filter((one) => one.expectedMs >= MINUTE_MS);
  return {
    persons,
    trueContacts: truth.size,
    recall: share(found, truth, truth.size),
    expectedRecall: share(expected, truth, truth.size),
    precision: share(found, truth, found.length),
    expectedPrecision: share(expected, truth, expected.length),
  };
}

function staysOf(person: number, fraction: () => number): readonly TrueStay[] {
  const stays: TrueStay[] = [];
  let atMs = START_MS + Math.floor(fraction() * 120) * MINUTE_MS;
  for (let visit = 0; visit < 4; visit += 1) {
    const type = PLACES[Math.floor(fraction() * PLACES.length)] ?? "shop";
    const toMs = atMs + (5 + Math.floor(fraction() * fraction() * 240)) * MINUTE_MS;
    stays.push({ person, place: `${type}-${Math.floor(fraction() * 3)}`, fromMs: atMs, toMs });
    atMs = toMs + (10 + Math.floor(fraction() * 60)) * MINUTE_MS;
  }
  return stays;
}

function sightingsOf(stay: TrueStay, index: number, fraction: () => number): readonly Sighting[] {
  const common = {
    subject: subjectOf(stay.person),
    place: stay.place,
    zone: null,
    gate: stay.place,
    isDirectionSeen: true,
    errorMs: CLOCK_ERROR_MS,
  };
  const entry: Sighting = { ...common, eventId: `${index}-in`, direction: "in", atMs: stay.fromMs };
  if (fraction() < MISSED_EXITS) return [entry];
  return [entry, { ...common, eventId: `${index}-out`, direction: "out", atMs: stay.toMs }];
}

function trueContactsOf(stays: readonly TrueStay[]): ReadonlySet<string> {
  const index = stays.filter((stay) => stay.person === 0);
  const met = stays.filter(
    (other) =>
      other.person !== 0 &&
      index.some(
        (one) =>
          overlapOf([{ index: exactStay(one), other: exactStay(other) }], 0).certainMs >= MINUTE_MS,
      ),
  );
  return new Set(met.map((stay) => subjectOf(stay.person)));
}

function exactStay({ place, fromMs, toMs }: TrueStay) {
  return { place, zone: null, entered: around(fromMs, 0), left: around(toMs, 0) };
}

function foundContacts(
  visits: readonly Visit[],
): readonly { readonly subject: string; readonly expectedMs: number }[] {
  const history = visits.filter((visit) => visit.subject === subjectOf(0));
  const everybody = crowdOf(visits, history);
  return contactsFrom(everybody, new Set([subjectOf(0)]), 0).map(({ subject, overlap }) => ({
    subject,
    expectedMs: overlap.expectedMs,
  }));
}

function subjectOf(person: number): string {
  return String(person).padStart(32, "0");
}

function share(
  found: readonly { readonly subject: string }[],
  truth: ReadonlySet<string>,
  outOf: number,
): number {
  const right = found.filter((one) => truth.has(one.subject)).length;
  return outOf === 0 ? 1 : Math.round((right / outOf) * 1_000) / 1_000;
}
