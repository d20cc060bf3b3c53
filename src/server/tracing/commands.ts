import { assertNever } from "#core/assert.ts";
import { AdminUsage } from "#server/admin/context.ts";
import type { AdminParts, Caller } from "#server/admin/context.ts";
import type { FlagTable, Flags } from "#server/admin/flags.ts";
import { inTransaction } from "#server/database/pool.ts";
import { findPeopleAt } from "#server/tracing/at-place.ts";
import { completenessOf } from "#server/tracing/completeness.ts";
import { findContacts } from "#server/tracing/contacts.ts";
import { joinedSubjects } from "#server/tracing/document.ts";
import type { Period } from "#server/tracing/find-visits.ts";
import {
  windowOf,
  periodOf,
  subjectsOf,
  formatOf,
  lingeringOf,
} from "#server/tracing/flag-values.ts";
import { catchUpPairing } from "#server/tracing/pairing.ts";
import { permitTrace } from "#server/tracing/permit.ts";
import type { TracePermit, TraceRecord } from "#server/tracing/permit.ts";
import { linesOf } from "#server/tracing/report.ts";
import type { Report, Section } from "#server/tracing/report.ts";
import { findSecondContacts } from "#server/tracing/second-degree.ts";
import {
  completenessSection,
  completenessWords,
  contactsSection,
  historySection,
  secondSection,
} from "#server/tracing/sections.ts";
import type { PlaceNames } from "#server/tracing/sections.ts";

const common = {
  case: "text",
  from: "text",
  to: "text",
  format: "text",
  approve: "switch",
} as const satisfies FlagTable;

export const tracePersonFlags: FlagTable = {
  ...common,
  subject: "text",
  "document-stdin": "switch",
  degree: "text",
  lingering: "text",
};
export const tracePlaceFlags: FlagTable = { ...common, place: "text", zone: "text" };

/** What a question found, before anybody may see it. */
type Found = {
  readonly question: TraceRecord["question"];
  readonly period: Period;
  readonly subjects: readonly string[];
  readonly places: readonly string[];
  sections(names: PlaceNames): readonly Section[];
};

/**
 * `trace person --case ID (--document-stdin | --subject HEX[,HEX…]) --from DAY --to DAY [--degree 2] [--lingering MINUTES]
 * [--approve] [--format json|ndjson|csv|xlsx]`: where index persons were, and who can have been there with them.
 */
export async function tracePersonCommand(
  parts: AdminParts,
  flags: Flags,
  caller: Caller,
): Promise<number> {
  const asked = subjectsOf(flags, caller.input ?? null, parts.secrets.subjectKey);
  const degree = flags.optionalText("degree") ?? "1";
  if (degree !== "1" && degree !== "2") throw new AdminUsage("--degree is 1 or 2.");
  const period = periodOf(flags);
  const lingeringMs = lingeringOf(flags);
  await catchUp(parts);
  const subjects = await joinedSubjects(parts.pool, asked);
  const { history, contacts } = await findContacts(parts.pool, { subjects, period, lingeringMs });
  const second =
    degree === "1"
      ? []
      : await findSecondContacts(parts.pool, {
          indexSubjects: subjects,
          contacts,
          toMs: period.toMs,
        });
  const found: Found = {
    question: {
      kind: "person",
      index_persons: subjects.length,
      degree: Number(degree),
      lingering_ms: lingeringMs,
    },
    period,
    subjects: [...subjects, ...[...contacts, ...second].map((contact) => contact.subject)],
    places: [...new Set(history.map((visit) => visit.place))],
    sections: (names) => [
      historySection(history, names),
      contactsSection("contacts", contacts, names),
      ...(degree === "2" ? [secondSection(second)] : []),
    ],
  };
  return answer(parts, flags, caller, found);
}

/** `trace place --case ID --place ID --from TIME --to TIME [--zone ID] …`: who can have been there. */
export async function tracePlaceCommand(
  parts: AdminParts,
  flags: Flags,
  caller: Caller,
): Promise<number> {
  const place = flags.text("place");
  const zone = flags.optionalText("zone");
  const period = periodOf(flags);
  await catchUp(parts);
  const people = await findPeopleAt(parts.pool, { place, zone }, period);
  return answer(parts, flags, caller, {
    question: { kind: "place", place },
    period,
    subjects: people.map((person) => person.subject),
    places: [place],
    sections: (names) => [contactsSection("people", people, names)],
  });
}

/** Everything that is here is keyed and paired first: an answer never lags behind what the server has. */
export async function catchUp(parts: AdminParts): Promise<void> {
  await parts.vault.catchUp();
  await catchUpPairing(parts.pool, parts.clock);
}

async function answer(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
  found: Found,
): Promise<number> {
  const format = formatOf(flags);
  const nowMs = parts.clock.nowMs();
  const traceId = Buffer.from(parts.random.bytes(6)).toString("hex");
  const caseNumber = flags.text("case");
  const grounds = { caseNumber, actor, isApproved: flags.isSet("approve") };
  const names = await readPlaceNames(parts, found.places);
  const completeness = await completenessOf(parts.pool, found.places, found.period, nowMs);
  const window = windowOf(found.period);
  const record = {
    traceId,
    question: { ...found.question, first_day: window.firstDay, last_day: window.lastDay },
    window,
    subjects: found.subjects,
  };
  const permit = await inTransaction(parts.pool, (client) =>
    permitTrace(client, grounds, record, nowMs),
  );
  if (permit.kind !== "granted") {
    await io.error(refusal(permit, caseNumber));
    return 1;
  }
  const report: Report = {
    stamp: { caseNumber, officer: actor, askedAtMs: nowMs, traceId },
    sections: [...found.sections(names), completenessSection(completeness, names)],
  };
  for (const line of await linesOf(report, format)) await io.write(line);
  for (const words of completenessWords(completeness, names)) await io.error(words);
  return 0;
}

function refusal(permit: Exclude<TracePermit, { kind: "granted" }>, caseNumber: string): string {
  switch (permit.kind) {
    case "no-case":
      return `There is no case ${caseNumber}: open it first with admin case open ID --basis TEXT --reason TEXT.`;
    case "outside-case":
      return `Case ${caseNumber} allows ${permit.firstDay} to ${permit.lastDay}.`;
    case "needs-approval":
      return `${permit.persons} persons in ${permit.days} days need a second officer; the local administrator may add --approve.`;
    default:
      return assertNever(permit);
  }
}

async function readPlaceNames(parts: AdminParts, places: readonly string[]): Promise<PlaceNames> {
  const found = await parts.pool.query<{ place: string; name: string }>(
    "SELECT place, name FROM places WHERE place = ANY($1)",
    [places],
  );
  return new Map(found.rows.map(({ place, name }) => [place, name]));
}
