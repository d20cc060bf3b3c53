import { createBodyOpener } from "#sealing/sealed-body.ts";
import { groundsOf } from "#server/admin/entries-command.ts";
import { AdminUsage } from "#server/admin/context.ts";
import type { AdminParts, Caller } from "#server/admin/context.ts";
import type { Flags } from "#server/admin/flags.ts";
import { catchUp } from "#server/tracing/ask.ts";
import { countHours } from "#server/tracing/at-place.ts";
import { askAsCaller, tellRefusal } from "#server/tracing/commands.ts";
import { runDrill } from "#server/tracing/drill.ts";
import { periodOf, subjectsOf } from "#server/tracing/flag-values.ts";
import { findLooks } from "#server/tracing/looks.ts";
import { nameOne } from "#server/tracing/name.ts";
import { localTime, rowObjects } from "#server/tracing/report.ts";
import { requestWords } from "#server/tracing/request-words.ts";
import { auditOne } from "#server/vault/audit.ts";

const MOST_DRILLED = 5_000;

/** `trace review --case ID --from DAY --to DAY [--approve]`: odd cards, one JSON object a line. */
export async function traceReviewCommand(
  parts: AdminParts,
  flags: Flags,
  caller: Caller,
): Promise<number> {
  const { fromMs, toMs } = periodOf(flags);
  const question = { kind: "review", from_ms: fromMs, to_ms: toMs } as const;
  const asked = await askAsCaller(parts, flags, caller, question);
  if (asked.kind !== "answered") return tellRefusal(parts, asked, flags.text("case"), caller.io);
  const review = asked.report.sections.filter((section) => section.name === "review");
  for (const row of review.flatMap(rowObjects)) await caller.io.write(JSON.stringify(row));
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
  const grounds = { ...groundsOf(flags, caller), isOwnAnswersOnly: false };
  const opener = createBodyOpener(parts.secrets.openingKey, 1);
  const named = await nameOne({ ...parts, opener }, grounds, { kind: "subject", subject });
  if (named.kind !== "opened") {
    const isWaiting = named.kind === "needs-approval";
    await io.error(isWaiting ? requestWords(parts, named.request) : `Refused: ${named.kind}.`);
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
  const [subject] = subjectsOf(flags, input ?? null, parts.secrets.subjectKey);
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
