import { VIETNAM_OFFSET_MS } from "#core/dates.ts";
import { stayModelOf } from "#server/tracing/stay-model.ts";
import type { StayModel } from "#server/tracing/stay-model.ts";
import { LONGEST_STAY_MS, around, moment } from "#server/tracing/visit.ts";
import type { ExitKnown, Moment, Visit } from "#server/tracing/visit.ts";

/** One person at one gate. */
export type Sighting = {
  readonly eventId: string;
  readonly subject: string;
  readonly place: string;
  readonly zone: string | null;
  readonly gate: string;
  readonly direction: "in" | "out";
  /** False when the station only guessed the direction. */
  readonly isDirectionSeen: boolean;
  /** UTC milliseconds, and how far the clock may be off. */
  readonly atMs: number;
  readonly errorMs: number;
};

/** What must be known of a place to guess an exit that nobody saw. */
export type PlaceFacts = {
  readonly type: string | null;
  /** Minutes after local midnight, Monday first, beyond 1440 the next morning; null or missing: no closing is known. */
  readonly closesMinutes: readonly (number | null)[];
};

/** Where nothing is known of the place. */
const NOTHING_KNOWN: StayModel = { shortMs: 0, usualMs: 3_600_000, longMs: LONGEST_STAY_MS };
const DAY_MS = 86_400_000;
/** Vietnam has been seven hours ahead of UTC since 1975. */

/**
 * The visits of **one person** from all that was seen of them, in order of time. A function of the set: the order of
 * `sightings` does not matter. A visit depends on nothing further from its event than {@link LONGEST_STAY_MS}.
 */
export function pair(
  sightings: readonly Sighting[],
  factsOf: (place: string) => PlaceFacts,
): readonly Visit[] {
  const ordered = sightings.toSorted(
    (one, other) => one.atMs - other.atMs || (one.eventId < other.eventId ? -1 : 1),
  );
  return ordered.flatMap((sighting, index) => {
    const before = nearOrNull(ordered[index - 1], sighting);
    const after = nearOrNull(ordered[index + 1], sighting);
    const facts = factsOf(sighting.place);
    if (sighting.direction === "in") return [entryVisit(sighting, after, facts)];
    return before !== null && isExitOf(before, sighting)
      ? []
      : [exitVisit(sighting, before, facts)];
  });
}

function nearOrNull(neighbour: Sighting | undefined, sighting: Sighting): Sighting | null {
  if (neighbour === undefined) return null;
  return Math.abs(neighbour.atMs - sighting.atMs) <= LONGEST_STAY_MS ? neighbour : null;
}

function isExitOf(entry: Sighting, exit: Sighting): boolean {
  return entry.direction === "in" && exit.direction === "out" && entry.place === exit.place;
}

function entryVisit(entry: Sighting, after: Sighting | null, facts: PlaceFacts): Visit {
  const entered = around(entry.atMs, entry.errorMs);
  const { left, exitKnown } = exitOf(entry, after, facts);
  return { ...whoAndWhere(entry), entered, left, isEntrySeen: true, exitKnown };
}

type Exit = { readonly left: Moment; readonly exitKnown: ExitKnown };

function exitOf(entry: Sighting, after: Sighting | null, facts: PlaceFacts): Exit {
  const model = stayModelOf(facts.type);
  if (after !== null) return exitBefore(entry, after, model ?? NOTHING_KNOWN);
  const usual = usualExit(entry, model ?? NOTHING_KNOWN);
  const closingMs = closingAfter(entry.atMs, facts.closesMinutes);
  if (closingMs !== null && closingMs < usual.hiMs) {
    return { left: endedBy(usual, entry.atMs, closingMs), exitKnown: "place-closed" };
  }
  return { left: usual, exitKnown: model === null ? "unknown" : "model" };
}

function exitBefore(entry: Sighting, after: Sighting, model: StayModel): Exit {
  const seenMs = after.atMs;
  if (!isExitOf(entry, after)) {
    const left = endedBy(usualExit(entry, model), entry.atMs, seenMs + after.errorMs);
    return { left, exitKnown: "next-sighting" };
  }
  if (after.isDirectionSeen) return { left: around(seenMs, after.errorMs), exitKnown: "seen" };
  // A guessed exit may be an entry after an exit that nobody saw: the person has left by then, perhaps long before.
  const earliestMs = Math.min(seenMs - after.errorMs, entry.atMs + model.shortMs);
  return {
    left: moment(earliestMs, seenMs, seenMs + after.errorMs),
    exitKnown: "next-sighting",
  };
}

function usualExit(entry: Sighting, model: StayModel): Moment {
  const lo = entry.atMs - entry.errorMs + model.shortMs;
  const hi = entry.atMs + entry.errorMs + model.longMs;
  return moment(lo, entry.atMs + model.usualMs, hi);
}

/** A guessed exit that must have been over by `endMs`, and not before the entry at `startMs`. */
function endedBy(guess: Moment, startMs: number, endMs: number): Moment {
  const end = Math.max(startMs, endMs);
  return moment(Math.min(guess.loMs, end), Math.min(guess.midMs, end), Math.min(guess.hiMs, end));
}

function exitVisit(exit: Sighting, before: Sighting | null, facts: PlaceFacts): Visit {
  const model = stayModelOf(facts.type) ?? NOTHING_KNOWN;
  const startMs =
    before === null ? exit.atMs - model.longMs - exit.errorMs : before.atMs - before.errorMs;
  const clip = (ms: number) => Math.max(startMs, ms);
  const entered = moment(
    clip(exit.atMs - model.longMs - exit.errorMs),
    clip(exit.atMs - model.usualMs),
    clip(exit.atMs - model.shortMs + exit.errorMs),
  );
  const left = around(exit.atMs, exit.errorMs);
  return { ...whoAndWhere(exit), entered, left, isEntrySeen: false, exitKnown: "seen" };
}

function whoAndWhere({ eventId, subject, place, zone, gate }: Sighting) {
  return { eventId, subject, place, zone, gate };
}

/** The first closing after an entry: of the night that it is in, of its own local day or the next; null when none is known. */
function closingAfter(atMs: number, closesMinutes: PlaceFacts["closesMinutes"]): number | null {
  const day = Math.floor((atMs + VIETNAM_OFFSET_MS) / DAY_MS);
  for (const local of [day - 1, day, day + 1]) {
    // Day 0, 1 January 1970, was a Thursday.
    const closes = closesMinutes[(((local + 3) % 7) + 7) % 7] ?? null;
    if (closes === null) continue;
    const closingMs = local * DAY_MS - VIETNAM_OFFSET_MS + closes * 60_000;
    if (closingMs > atMs) return closingMs;
  }
  return null;
}
