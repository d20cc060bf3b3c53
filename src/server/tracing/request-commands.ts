import { isoTime } from "#core/dates.ts";
import type { AdminParts, Caller } from "#server/admin/context.ts";
import { everyRow } from "#server/admin/every-row.ts";
import { oneWord } from "#server/admin/flags.ts";
import type { Flags } from "#server/admin/flags.ts";
import { listRequests } from "#server/tracing/approvals.ts";
import type { ApprovalRequest } from "#server/tracing/approvals.ts";
import { closeCase, listCases } from "#server/tracing/cases.ts";
import { decideRequest } from "#server/tracing/decide-request.ts";
import type { Decided, Decision } from "#server/tracing/decide-request.ts";
import { describeQuestion } from "#server/tracing/question.ts";

const PAGE = 200;

const refusals = {
  unknown: "There is no such request.",
  "own-request": "Nobody approves what the same person asked.",
  "no-person": "A second officer is a person.",
  "decided-before": "This request was decided before.",
  lapsed: "This request waited too long: it is to be asked again.",
  "case-closed": "The case was closed.",
} as const satisfies Readonly<Record<Exclude<Decided["kind"], "decided">, string>>;

/** `trace request list [--all]`: what waits for a second officer, or everything that ever did; one JSON object a line. */
export async function listRequestsCommand(
  parts: AdminParts,
  flags: Flags,
  { io }: Caller,
): Promise<number> {
  const nowMs = parts.clock.nowMs();
  const isAll = flags.isSet("all");
  const everybody = { askedBy: null, caseNumber: null, limit: PAGE };
  const requests = everyRow(
    PAGE,
    (after) => listRequests(parts.pool, { ...everybody, after }, nowMs),
    (last) => last.request,
  );
  for await (const request of requests) {
    if (isAll || request.state === "waiting") await io.write(JSON.stringify(lineOf(request)));
  }
  return 0;
}

/** `trace request grant ID --note TEXT`: the second officer's yes; good for a day. */
export function grantRequestCommand(
  parts: AdminParts,
  flags: Flags,
  caller: Caller,
): Promise<number> {
  return decide(parts, flags, caller, "granted");
}

/** `trace request refuse ID --note TEXT`: the second officer's no. */
export function refuseRequestCommand(
  parts: AdminParts,
  flags: Flags,
  caller: Caller,
): Promise<number> {
  return decide(parts, flags, caller, "refused");
}

async function decide(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
  decision: Decision["decision"],
): Promise<number> {
  const request = oneWord(flags, "The id of the request");
  const made = { request, by: actor, decision, note: flags.text("note") };
  const decided = await decideRequest(parts.pool, made, parts.clock.nowMs());
  if (decided.kind !== "decided") {
    await io.error(refusals[decided.kind]);
    return 1;
  }
  await io.write(JSON.stringify(lineOf(decided.request)));
  return 0;
}

/** `case list`: every case, newest first, one JSON object a line. */
export async function listCasesCommand(
  parts: AdminParts,
  _flags: Flags,
  { io }: Caller,
): Promise<number> {
  const cases = everyRow(
    PAGE,
    (after) => listCases(parts.pool, { openedBy: null, after, limit: PAGE }),
    (last) => last.case,
  );
  for await (const { opened_at_ms, closed_at_ms, ...rest } of cases) {
    const times = { opened_at: isoTime(opened_at_ms), closed_at: isoTime(closed_at_ms) };
    await io.write(JSON.stringify({ ...rest, ...times }));
  }
  return 0;
}

/** `case close ID --note TEXT`: for good; it answers nothing more. */
export async function closeCaseCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  const number = oneWord(flags, "The number of the case");
  const closing = { case: number, actor, note: flags.text("note") };
  const closed = await closeCase(parts.pool, closing, parts.clock.nowMs());
  if (closed !== "closed") {
    const isUnknown = closed === "unknown";
    await io.error(isUnknown ? `There is no case ${number}.` : `Case ${number} was closed before.`);
    return 1;
  }
  await io.write(JSON.stringify({ case: number, state: "closed" }));
  return 0;
}

function lineOf(request: ApprovalRequest): object {
  return {
    request: request.request,
    state: request.state,
    case: request.caseNumber,
    asked_by: request.askedBy,
    asked_at: isoTime(request.askedAtMs),
    question: describeQuestion(request.asked),
    reason: request.reason,
    persons: request.persons,
    days: request.days,
    decided_by: request.decidedBy,
    decided_at: isoTime(request.decidedAtMs),
    note: request.note,
    lapses_at: isoTime(request.lapsesAtMs),
  };
}
