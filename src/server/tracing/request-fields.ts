import type { Queryable } from "#server/database/pool.ts";
import type { ApprovalRequest } from "#server/tracing/approvals.ts";
import { findCase } from "#server/tracing/cases.ts";
import { describeQuestion } from "#server/tracing/question.ts";

/** A request as officers see it: with its case, without persons. */
export async function requestFields(database: Queryable, request: ApprovalRequest) {
  const ofCase = await findCase(database, request.caseNumber);
  return {
    request: request.request,
    state: request.state,
    case: request.caseNumber,
    basis: ofCase?.basis ?? "",
    case_reason: ofCase?.reason ?? "",
    question: describeQuestion(request.asked),
    reason: request.reason,
    persons: request.persons,
    days: request.days,
    asked_by: request.askedBy,
    asked_at_ms: request.askedAtMs,
    decided_by: request.decidedBy,
    decided_at_ms: request.decidedAtMs,
    note: request.note,
    lapses_at_ms: request.lapsesAtMs,
  };
}

/** The same for many, in order. */
export async function requestsFields(database: Queryable, requests: readonly ApprovalRequest[]) {
  const fields: Awaited<ReturnType<typeof requestFields>>[] = [];
  for (const request of requests) fields.push(await requestFields(database, request));
  return fields;
}
