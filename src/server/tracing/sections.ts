import type { Completeness, GateCompleteness } from "#server/tracing/completeness.ts";
import type { Contact } from "#server/tracing/contacts.ts";
import { localTime, minutesOf } from "#server/tracing/report.ts";
import type { Section } from "#server/tracing/report.ts";
import type { ReviewItem } from "#server/tracing/review.ts";
import type { SecondContact } from "#server/tracing/second-degree.ts";
import type { Visit } from "#server/tracing/visit.ts";

/** Names of places by id; an id without a name stands for itself. */
export type PlaceNames = ReadonlyMap<string, string>;

/** Where persons were, each time as the earliest, the likeliest and the latest. */
export function historySection(visits: readonly Visit[], names: PlaceNames): Section {
  return {
    name: "history",
    columns: [
      "subject",
      "place",
      "place_name",
      "zone",
      "gate",
      "entered_earliest",
      "entered",
      "entered_latest",
      "left_earliest",
      "left",
      "left_latest",
      "exit_known",
      "entry_seen",
      "event_id",
    ],
    rows: visits.map((visit) => [
      visit.subject,
      visit.place,
      nameOf(visit.place, names),
      visit.zone,
      visit.gate,
      ...momentCells(visit.entered),
      ...momentCells(visit.left),
      visit.exitKnown,
      visit.isEntrySeen,
      visit.eventId,
    ]),
  };
}

/** The first degree, or the people of a place. */
export function contactsSection(
  name: string,
  contacts: readonly Contact[],
  names: PlaceNames,
): Section {
  return {
    name,
    columns: [
      "subject",
      "certain_minutes",
      "expected_minutes",
      "possible_minutes",
      "places",
      "first",
      "last",
      "index_persons",
    ],
    rows: contacts.map(({ subject, overlap, places, firstMs, lastMs, indexPersons }) => [
      subject,
      minutesOf(overlap.certainMs),
      minutesOf(overlap.expectedMs),
      minutesOf(overlap.possibleMs),
      places.map((place) => nameOf(place, names)).join("; "),
      localTime(firstMs),
      localTime(lastMs),
      indexPersons,
    ]),
  };
}

export function secondSection(contacts: readonly SecondContact[]): Section {
  return {
    name: "second_degree",
    columns: ["subject", "through_contacts", "expected_minutes", "possible_minutes"],
    rows: contacts.map(({ subject, through, expectedMs, possibleMs }) => [
      subject,
      through,
      minutesOf(expectedMs),
      minutesOf(possibleMs),
    ]),
  };
}

/** Cards that an officer should look into. */
export function reviewSection(items: readonly ReviewItem[]): Section {
  return {
    name: "review",
    columns: ["subject", "kind", "local_day", "count"],
    rows: items.map(({ subject, kind, localDay, count }) => [subject, kind, localDay, count]),
  };
}

/** What may be missing, gate by gate. */
export function completenessSection(completeness: Completeness, names: PlaceNames): Section {
  return {
    name: "completeness",
    columns: [
      "place",
      "place_name",
      "gate",
      "gate_name",
      "stations",
      "last_contact",
      "unsent",
      "missing",
      "silent_hours",
      "rush_minutes",
      "without_code",
      "unreadable",
      "province_not_yet_keyed",
      "province_never_keyed",
    ],
    rows: completeness.gates.map((gate) => [
      gate.place,
      nameOf(gate.place, names),
      gate.gate,
      gate.gateName,
      gate.stations,
      gate.lastContactMs === null ? null : localTime(gate.lastContactMs),
      gate.unsent,
      gate.missing,
      gate.silentHours,
      gate.rushMinutes,
      gate.withoutCode,
      gate.unreadable,
      completeness.notYetKeyed,
      completeness.neverKeyed,
    ]),
  };
}

/** One sentence per gate with something missing, Vietnamese first. */
export function completenessWords(
  completeness: Completeness,
  names: PlaceNames,
): readonly string[] {
  return completeness.gates.flatMap((gate) => {
    const where = `${nameOf(gate.place, names)}, ${gate.gateName}`;
    const contact = gate.lastContactMs === null ? "—" : localTime(gate.lastContactMs).slice(0, 16);
    const said: string[] = [];
    if (gate.unsent + gate.missing > 0) {
      said.push(
        `${where}: còn ${gate.unsent + gate.missing} lượt chưa nhận được, liên lạc cuối ${contact.replace("T", " ")}. / ${gate.unsent + gate.missing} entries not yet received, last contact ${contact.replace("T", " ")}.`,
      );
    }
    if (gate.silentHours > 0) {
      said.push(
        `${where}: ${gate.silentHours} giờ mở cửa không ghi nhận ai. / ${gate.silentHours} open hours without anybody recorded.`,
      );
    }
    const doubts = doubtsOf(gate);
    if (doubts.length > 0) {
      const [vi, en] = [doubts.map((one) => one[0]), doubts.map((one) => one[1])];
      said.push(`${where}: ${vi.join(", ")}. / ${en.join(", ")}.`);
    }
    return said;
  });
}

/** People whom no answer can name, Vietnamese and English; only what there was. */
function doubtsOf(gate: GateCompleteness): readonly (readonly [string, string])[] {
  const all = [
    [gate.rushMinutes, "phút cao điểm", "rush minutes"],
    [gate.withoutCode, "lượt không có mã", "entries without a code"],
    [gate.unreadable, "lần quét không đọc được", "unreadable scans"],
  ] as const;
  return all.flatMap(([count, vi, en]) =>
    count > 0 ? [[`${count} ${vi}`, `${count} ${en}`]] : [],
  );
}

function momentCells({ loMs, midMs, hiMs }: Visit["entered"]): readonly string[] {
  return [localTime(loMs), localTime(midMs), localTime(hiMs)];
}

function nameOf(place: string, names: PlaceNames): string {
  return names.get(place) ?? place;
}
