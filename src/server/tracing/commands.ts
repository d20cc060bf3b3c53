import { assertNever } from "#core/assert.ts";
import { AdminUsage } from "#server/admin/context.ts";
import type { AdminIo, AdminParts, Caller } from "#server/admin/context.ts";
import type { FlagTable, Flags } from "#server/admin/flags.ts";
import { ask } from "#server/tracing/ask.ts";
import type { Asked } from "#server/tracing/ask.ts";
import { formatOf, lingeringOf, periodOf, subjectsOf } from "#server/tracing/flag-values.ts";
import type { Question } from "#server/tracing/question.ts";
import { linesOf } from "#server/tracing/report.ts";
import { requestWords } from "#server/tracing/request-words.ts";

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

/**
 * `trace person --case ID (--document-stdin | --subject HEX[,HEX…]) --from DAY --to DAY [--degree 2] [--lingering MINUTES]
 * [--approve] [--format json|ndjson|csv|xlsx]`: where index persons were, and who can have been there with them.
 */
export async function tracePersonCommand(
  parts: AdminParts,
  flags: Flags,
  caller: Caller,
): Promise<number> {
  const subjects = subjectsOf(flags, caller.input ?? null, parts.secrets.subjectKey);
  const degree = flags.optionalText("degree") ?? "1";
  if (degree !== "1" && degree !== "2") throw new AdminUsage("--degree is 1 or 2.");
  const { fromMs, toMs } = periodOf(flags);
  return answer(parts, flags, caller, {
    kind: "person",
    subjects: [...subjects],
    degree: degree === "1" ? 1 : 2,
    lingering_ms: lingeringOf(flags),
    from_ms: fromMs,
    to_ms: toMs,
  });
}

/** `trace place --case ID --place ID --from TIME --to TIME [--zone ID] …`: who can have been there. */
export async function tracePlaceCommand(
  parts: AdminParts,
  flags: Flags,
  caller: Caller,
): Promise<number> {
  const { fromMs, toMs } = periodOf(flags);
  return answer(parts, flags, caller, {
    kind: "place",
    place: flags.text("place"),
    zone: flags.optionalText("zone"),
    from_ms: fromMs,
    to_ms: toMs,
  });
}

async function answer(
  parts: AdminParts,
  flags: Flags,
  caller: Caller,
  question: Question,
): Promise<number> {
  const { io } = caller;
  const format = formatOf(flags);
  const asked = await askAsCaller(parts, flags, caller, question);
  if (asked.kind !== "answered") return tellRefusal(parts, asked, flags.text("case"), io);
  for (const line of await linesOf(asked.report, format)) await io.write(line);
  for (const words of asked.warnings) await io.error(words);
  return 0;
}

/** Asks in the name of whoever typed the command. */
export function askAsCaller(
  parts: AdminParts,
  flags: Flags,
  { actor }: Caller,
  question: Question,
): Promise<Asked> {
  const isApprovedHere = flags.isSet("approve");
  const asker = { actor, caseNumber: flags.text("case"), reason: "", isApprovedHere };
  return ask(parts, asker, question, null);
}

/** Says why there is no answer. Returns the exit code. */
export async function tellRefusal(
  parts: Pick<AdminParts, "isEmbedded">,
  asked: Exclude<Asked, { kind: "answered" }>,
  caseNumber: string,
  io: AdminIo,
): Promise<number> {
  await io.error(refusal(parts, asked, caseNumber));
  return 1;
}

function refusal(
  parts: Pick<AdminParts, "isEmbedded">,
  asked: Exclude<Asked, { kind: "answered" }>,
  caseNumber: string,
): string {
  switch (asked.kind) {
    case "no-case":
      return `There is no case ${caseNumber}: open it first with admin case open ID --basis TEXT --reason TEXT.`;
    case "case-closed":
      return `Case ${caseNumber} is closed and answers nothing more.`;
    case "outside-case":
      return `Case ${caseNumber} allows ${asked.firstDay} to ${asked.lastDay}.`;
    case "needs-approval":
      return requestWords(parts, asked.request);
    default:
      return assertNever(asked);
  }
}
