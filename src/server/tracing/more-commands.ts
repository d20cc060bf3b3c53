import { groundsOf } from "#server/admin/entries-command.ts";
import { AdminUsage } from "#server/admin/context.ts";
import type { AdminParts, Caller } from "#server/admin/context.ts";
import type { Flags } from "#server/admin/flags.ts";
import { inTransaction } from "#server/database/pool.ts";
import { countHours } from "#server/tracing/at-place.ts";
import { catchUp } from "#server/tracing/commands.ts";
import { joinedSubjects } from "#server/tracing/document.ts";
import { runDrill } from "#server/tracing/drill.ts";
import { periodOf, subjectsOf, windowOf } from "#server/tracing/flag-values.ts";
import { findLooks } from "#server/tracing/looks.ts";
import { nameOfSubject } from "#server/tracing/name.ts";
import { permitTrace } from "#server/tracing/permit.ts";
import { localTime } from "#server/tracing/report.ts";
import { findOddCards } from "#server/tracing/review.ts";
import { auditOne } from "#server/vault/audit.ts";

const MOST_DRILLED = 5_000;

/** `trace review --case ID --from DAY --to DAY [--approve]`: odd cards, one JSON object a line. */
export async function traceReviewCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  const window = windowOf(periodOf(flags));
  await catchUp(parts);
  const items = await findOddCards(parts.pool, window.firstDay, window.lastDay);
  const nowMs = parts.clock.nowMs();
  const grounds = { caseNumber: flags.text("case"), actor, isApproved: flags.isSet("approve") };
  const record = {
    traceId: Buffer.from(parts.random.bytes(6)).toString("hex"),
    question: { kind: "review", first_day: window.firstDay, last_day: window.lastDay },
    window,
    subjects: [...new Set(items.map((item) => item.subject))],
  };
  const permit = await inTransaction(parts.pool, (client) =>
    permitTrace(client, grounds, record, nowMs),
  );
  if (permit.kind !== "granted") {
    await io.error(`Refused: ${permit.kind}.`);
    return 1;
  }
  for (const { subject, kind, localDay, count } of items) {
    await io.write(JSON.stringify({ subject, kind, local_day: localDay, count }));
  }
  return 0;
}

/** `trace name --case ID --reason TEXT --subject HEX [--approve]`: opens one person's latest entry, audited before it is shown. */
export async function traceNameCommand(
  parts: AdminParts,
  flags: Flags,
  caller: Caller,
): Promise<number> {
  const { io } = caller;
  const [subject, ...more] = subjectsOf(flags, null, parts.secrets.subjectKey);
  if (subject === undefined || more.length > 0) {
    throw new AdminUsage("Names are opened one by one: one --subject.");
  }
  const grounds = groundsOf(flags, caller);
  const named = await nameOfSubject(parts, grounds, subject);
  if (named.kind !== "opened") {
    await io.error(`Refused: ${named.kind}.`);
    return 1;
  }
  const { name, document, birth_date } = named.body;
  await io.write(JSON.stringify({ subject, name, document, birth_date }));
  return 0;
}

/** `trace looks (--document-stdin | --subject HEX)`: who looked at this person's entries, newest first. */
export async function traceLooksCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io, input }: Caller,
): Promise<number> {
  const asked = subjectsOf(flags, input ?? null, parts.secrets.subjectKey);
  const [subject] = await joinedSubjects(parts.pool, asked);
  if (subject === undefined) throw new AdminUsage("Nobody is named.");
  const looks = await findLooks(parts.pool, subject);
  const record = { at_ms: parts.clock.nowMs(), actor, action: "looks-listed", subject } as const;
  await auditOne(parts.pool, record);
  for (const { kind, atMs, caseNumber, basis, actor: officer } of looks) {
    const line = { kind, at: localTime(atMs), officer, case: caseNumber, basis };
    await io.write(JSON.stringify(line));
  }
  return 0;
}

/** `trace counts --place ID --from TIME --to TIME`: entries and occupancy by the hour; no persons, so no case. */
export async function traceCountsCommand(
  parts: AdminParts,
  flags: Flags,
  { io }: Caller,
): Promise<number> {
  const [place, period] = [flags.text("place"), periodOf(flags)];
  await catchUp(parts);
  for (const hour of await countHours(parts.pool, place, period)) {
    const { hourMs, entries, surelyInside, possiblyInside } = hour;
    const inside = { surely_inside: surelyInside, possibly_inside: possiblyInside };
    await io.write(JSON.stringify({ hour: localTime(hourMs), entries, ...inside }));
  }
  return 0;
}

/** `trace drill [--persons N]`: an exercise in memory whose truth is known; prints recall and precision. */
export async function traceDrillCommand(
  parts: AdminParts,
  flags: Flags,
  { io }: Caller,
): Promise<number> {
  const persons = Number(flags.optionalText("persons") ?? "300");
  if (!Number.isInteger(persons) || persons < 2 || persons > MOST_DRILLED) {
    throw new AdminUsage(`--persons is 2 to ${MOST_DRILLED}.`);
  }
  const result = runDrill(persons, () => parts.random.fraction());
  const { trueContacts, expectedRecall, expectedPrecision, recall, precision } = result;
  await io.write(
    JSON.stringify({
      persons,
      true_contacts: trueContacts,
      recall,
      precision,
      expected_recall: expectedRecall,
      expected_precision: expectedPrecision,
    }),
  );
  return 0;
}
