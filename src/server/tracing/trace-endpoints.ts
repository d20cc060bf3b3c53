import type { FastifyInstance, FastifyReply } from "fastify";
import { Compile } from "typebox/compile";
import { OpeningRequest, TraceQuestion } from "#contract/tracing.ts";
import { assertNever } from "#core/assert.ts";
import { officerOf, requireRight } from "#server/access/require-right.ts";
import { may } from "#server/access/rights.ts";
import { readJson, sendInvalid, sendJson } from "#server/http/json.ts";
import { sendProblem } from "#server/http/problems.ts";
import { answerQuestion, sendRequest } from "#server/tracing/answer-question.ts";
import { formatFor } from "#server/tracing/answer-format.ts";
import { CASES_PATH } from "#server/tracing/case-endpoints.ts";
import { caseFor, withinLimits } from "#server/tracing/desk.ts";
import type { CaseRequest, Desk } from "#server/tracing/desk.ts";
import { nameOne } from "#server/tracing/name.ts";
import type { Named } from "#server/tracing/name.ts";
import { readQuestion } from "#server/tracing/read-question.ts";
import { targetOf } from "#server/tracing/question.ts";

const traceQuestion = Compile(TraceQuestion);
const opening = Compile(OpeningRequest);

/**
 * Registers questions and names. Persons and odd cards are asked about by officers of the whole province alone; a place
 * also by officers whose right reaches it.
 */
export function registerTraces(app: FastifyInstance, desk: Desk): void {
  app.post<{ Params: { case: string } }>(
    `${CASES_PATH}/:case/traces`,
    requireRight("trace.run"),
    (request, reply) => withinLimits(desk, request, reply, () => trace(desk, request, reply)),
  );
  app.post<{ Params: { case: string } }>(
    `${CASES_PATH}/:case/openings`,
    requireRight("trace.run"),
    (request, reply) => withinLimits(desk, request, reply, () => openName(desk, request, reply)),
  );
}

async function trace(desk: Desk, request: CaseRequest, reply: FastifyReply): Promise<FastifyReply> {
  const format = formatFor(request);
  if (format === null) return sendInvalid(reply, "format");
  const ofCase = await caseFor(desk, request);
  if (ofCase === null) return sendProblem(reply, "not-found");
  const body = readJson(traceQuestion, request, reply);
  if (body.kind === "refused") return body.reply;
  const read = readQuestion(body.value, desk.secrets.subjectKey);
  if (read.kind === "invalid") return sendInvalid(reply, read.where);
  if (read.kind === "document-unknown") return sendProblem(reply, "document-unknown");
  const { question } = read;
  const officer = officerOf(request);
  if (!may(officer, "trace.run", await targetOf(desk.pool, question))) {
    return sendProblem(reply, "right-missing");
  }
  const reason = body.value.reason ?? "";
  const asker = { actor: officer.officer, caseNumber: ofCase.case, reason };
  return answerQuestion(desk, reply, { asker, question, format });
}

async function openName(
  desk: Desk,
  request: CaseRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const ofCase = await caseFor(desk, request);
  if (ofCase === null) return sendProblem(reply, "not-found");
  const body = readJson(opening, request, reply);
  if (body.kind === "refused") return body.reply;
  const { reason } = body.value;
  const officer = officerOf(request);
  const grounds = {
    caseNumber: ofCase.case,
    actor: officer.officer,
    reason,
    approval: { kind: "none" },
    isOwnAnswersOnly: !may(officer, "trace.run", { kind: "province" }),
  } as const;
  const wanted =
    "subject" in body.value
      ? ({ kind: "subject", subject: body.value.subject } as const)
      : ({ kind: "event", eventId: body.value.event_id } as const);
  const parts = { ...desk, opener: desk.opener() };
  return sendNamed(desk, reply, await nameOne(parts, grounds, wanted), ofCase.case);
}

async function sendNamed(
  desk: Desk,
  reply: FastifyReply,
  named: Named,
  caseNumber: string,
): Promise<FastifyReply> {
  switch (named.kind) {
    case "opened": {
      const { name, document, birth_date, sex, valid_to } = named.body;
      const { subject, eventId: event_id } = named;
      const opened = { name, document, birth_date, sex, valid_to };
      return sendJson(reply, { case: caseNumber, subject, event_id, ...opened });
    }
    case "needs-approval":
      return sendRequest(desk, reply, named.request);
    case "no-case":
      return sendProblem(reply, "not-found");
    case "case-closed":
      return sendProblem(reply, "case-closed");
    case "not-in-an-answer-of-this-case":
      return sendProblem(reply, "person-not-named");
    case "no-body":
      return sendProblem(reply, "nothing-to-open");
    default:
      return assertNever(named);
  }
}
