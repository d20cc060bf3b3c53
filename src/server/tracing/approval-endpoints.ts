import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Compile } from "typebox/compile";
import { NoteRequest } from "#contract/officers.ts";
import { assertNever } from "#core/assert.ts";
import { OFFICERS_PATH, officerOf, requireRight } from "#server/access/require-right.ts";
import { may, reachOf } from "#server/access/rights.ts";
import { readJson, sendInvalid, sendJson } from "#server/http/json.ts";
import { nextOf } from "#server/http/page.ts";
import { sendProblem } from "#server/http/problems.ts";
import { answerQuestion, sendRequest } from "#server/tracing/answer-question.ts";
import { formatFor } from "#server/tracing/answer-format.ts";
import { findRequest, listRequests, listWaiting } from "#server/tracing/approvals.ts";
import type { ApprovalRequest } from "#server/tracing/approvals.ts";
import { decideRequest } from "#server/tracing/decide-request.ts";
import type { Decided, Decision } from "#server/tracing/decide-request.ts";
import { withPage, withinLimits } from "#server/tracing/desk.ts";
import type { Desk } from "#server/tracing/desk.ts";
import { isQuestion, targetOf } from "#server/tracing/question.ts";
import { requestFields, requestsFields } from "#server/tracing/request-fields.ts";

const REQUESTS = `${OFFICERS_PATH}requests`;
const APPROVALS = `${OFFICERS_PATH}approvals`;

const noted = Compile(NoteRequest);

type OneRequest = FastifyRequest<{ Params: { request: string } }>;

/** Registers the requests of those who ask, and the decisions of those who approve. */
export function registerApprovals(app: FastifyInstance, desk: Desk): void {
  app.get(REQUESTS, requireRight("trace.run"), (request, reply) => listOwn(desk, request, reply));
  app.get<{ Params: { request: string } }>(
    `${REQUESTS}/:request`,
    requireRight("trace.run"),
    async (request, reply) => {
      const own = await ownRequest(desk, request);
      if (own === null) return sendProblem(reply, "not-found");
      return sendJson(reply, await requestFields(desk.pool, own));
    },
  );
  app.get<{ Params: { request: string } }>(
    `${REQUESTS}/:request/answer`,
    requireRight("trace.run"),
    (request, reply) => withinLimits(desk, request, reply, () => fetchAnswer(desk, request, reply)),
  );
  app.get(APPROVALS, requireRight("trace.approve"), (request, reply) =>
    listForApprover(desk, request, reply),
  );
  for (const [word, decision] of [
    ["grant", "granted"],
    ["refuse", "refused"],
  ] as const) {
    app.post<{ Params: { request: string } }>(
      `${APPROVALS}/:request/${word}`,
      requireRight("trace.approve"),
      (request, reply) => decide(desk, request, reply, decision),
    );
  }
}

function listOwn(desk: Desk, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  return withPage(request, reply, async (page) => {
    const wanted = { ...page, askedBy: officerOf(request).officer, caseNumber: null };
    const requests = await listRequests(desk.pool, wanted, desk.clock.nowMs());
    return sendPage(desk, reply, requests, page.limit);
  });
}

function listForApprover(
  desk: Desk,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  return withPage(request, reply, async (page) => {
    const officer = officerOf(request);
    const reach = reachOf(officer, "trace.approve");
    const wanted = { ...page, officer: officer.officer, reach };
    const requests = await listWaiting(desk.pool, wanted, desk.clock.nowMs());
    return sendPage(desk, reply, requests, page.limit);
  });
}

async function sendPage(
  desk: Desk,
  reply: FastifyReply,
  requests: readonly ApprovalRequest[],
  limit: number,
): Promise<FastifyReply> {
  const next = nextOf(requests, limit, (one) => one.request);
  return sendJson(reply, { requests: await requestsFields(desk.pool, requests), next });
}

/** The answer to what was granted, computed now. Names are not fetched here: they are opened by asking again. */
async function fetchAnswer(
  desk: Desk,
  request: OneRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const format = formatFor(request);
  if (format === null) return sendInvalid(reply, "format");
  const own = await ownRequest(desk, request);
  if (own === null || !isQuestion(own.asked)) return sendProblem(reply, "not-found");
  const officer = officerOf(request);
  if (!may(officer, "trace.run", await targetOf(desk.pool, own.asked))) {
    return sendProblem(reply, "right-missing");
  }
  switch (own.state) {
    case "waiting":
      return sendRequest(desk, reply, own);
    case "refused":
      return sendProblem(reply, "approval-refused");
    case "lapsed":
      return sendProblem(reply, "approval-lapsed");
    case "granted": {
      const asker = { actor: officer.officer, caseNumber: own.caseNumber, reason: own.reason };
      return answerQuestion(desk, reply, { asker, question: own.asked, format });
    }
    default:
      return assertNever(own.state);
  }
}

async function decide(
  desk: Desk,
  request: OneRequest,
  reply: FastifyReply,
  decision: Decision["decision"],
): Promise<FastifyReply> {
  const nowMs = desk.clock.nowMs();
  const officer = officerOf(request);
  const found = await findRequest(desk.pool, request.params.request, nowMs);
  const isReached =
    found !== null && may(officer, "trace.approve", await targetOf(desk.pool, found.asked));
  if (!isReached) return sendProblem(reply, "not-found");
  const body = readJson(noted, request, reply);
  if (body.kind === "refused") return body.reply;
  const made = { request: found.request, by: officer.officer, decision, note: body.value.note };
  return sendDecided(desk, reply, await decideRequest(desk.pool, made, nowMs));
}

async function sendDecided(
  desk: Desk,
  reply: FastifyReply,
  decided: Decided,
): Promise<FastifyReply> {
  switch (decided.kind) {
    case "decided":
      return sendJson(reply, await requestFields(desk.pool, decided.request));
    case "unknown":
      return sendProblem(reply, "not-found");
    case "own-request":
      return sendProblem(reply, "own-request");
    case "no-person":
      return sendProblem(reply, "right-missing");
    case "decided-before":
      return sendProblem(reply, "request-decided");
    case "lapsed":
      return sendProblem(reply, "approval-lapsed");
    case "case-closed":
      return sendProblem(reply, "case-closed");
    default:
      return assertNever(decided);
  }
}

/** The request of the path; null when there is none, and when somebody else asked. */
async function ownRequest(desk: Desk, request: OneRequest): Promise<ApprovalRequest | null> {
  const found = await findRequest(desk.pool, request.params.request, desk.clock.nowMs());
  return found?.askedBy === officerOf(request).officer ? found : null;
}
