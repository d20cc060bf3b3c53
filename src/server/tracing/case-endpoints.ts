import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Compile } from "typebox/compile";
import { NoteRequest } from "#contract/officers.ts";
import { CaseRequest as NewCaseRequest } from "#contract/tracing.ts";
import { OFFICERS_PATH, officerOf, requireRight } from "#server/access/require-right.ts";
import { may } from "#server/access/rights.ts";
import { readJson, sendInvalid, sendJson } from "#server/http/json.ts";
import { nextOf } from "#server/http/page.ts";
import { sendProblem } from "#server/http/problems.ts";
import { listRequests } from "#server/tracing/approvals.ts";
import { closeCase, findCase, listAsked, listCases, openCase } from "#server/tracing/cases.ts";
import { caseFor, isProvinceWide, withPage } from "#server/tracing/desk.ts";
import type { CaseRequest, Desk } from "#server/tracing/desk.ts";
import { periodBetween, windowOf } from "#server/tracing/period.ts";
import { requestsFields } from "#server/tracing/request-fields.ts";

export const CASES_PATH = `${OFFICERS_PATH}cases`;
const MOST_SHOWN = 100;

const newCase = Compile(NewCaseRequest);
const closing = Compile(NoteRequest);

/** Registers the cases: whose right reaches less than the province sees the own ones alone, and gets 404 for the rest. */
export function registerCases(app: FastifyInstance, desk: Desk): void {
  app.get(CASES_PATH, requireRight("cases.read"), (request, reply) => list(desk, request, reply));
  app.post(CASES_PATH, requireRight("cases.open"), (request, reply) => open(desk, request, reply));
  app.get<{ Params: { case: string } }>(
    `${CASES_PATH}/:case`,
    requireRight("cases.read"),
    (request, reply) => show(desk, request, reply),
  );
  app.post<{ Params: { case: string } }>(
    `${CASES_PATH}/:case/close`,
    requireRight("cases.open"),
    (request, reply) => close(desk, request, reply),
  );
  app.get<{ Params: { case: string } }>(
    `${CASES_PATH}/:case/traces`,
    requireRight("cases.read"),
    (request, reply) => listTraces(desk, request, reply),
  );
}

function list(desk: Desk, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  return withPage(request, reply, async (page) => {
    const officer = officerOf(request);
    const openedBy = isProvinceWide(officer) ? null : officer.officer;
    const cases = await listCases(desk.pool, { ...page, openedBy });
    return sendJson(reply, { cases, next: nextOf(cases, page.limit, (one) => one.case) });
  });
}

async function open(
  desk: Desk,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const body = readJson(newCase, request, reply);
  if (body.kind === "refused") return body.reply;
  const { case: number, basis, reason, from, to } = body.value;
  const hasDays = from !== undefined && to !== undefined;
  const period = hasDays ? periodBetween(from, to) : null;
  if ((from !== undefined || to !== undefined) && period === null) {
    return sendInvalid(reply, "from, to");
  }
  const window = period === null ? null : windowOf(period);
  const opened = { case: number, basis, reason, window };
  const actor = officerOf(request).officer;
  if (!(await openCase(desk.pool, opened, actor, desk.clock.nowMs()))) {
    return sendProblem(reply, "case-known");
  }
  return sendJson(reply, await findCase(desk.pool, number));
}

async function show(desk: Desk, request: CaseRequest, reply: FastifyReply): Promise<FastifyReply> {
  const found = await caseFor(desk, request);
  if (found === null) return sendProblem(reply, "not-found");
  const page = { after: null, limit: MOST_SHOWN };
  const ofCase = { ...page, askedBy: null, caseNumber: found.case };
  const requests = await listRequests(desk.pool, ofCase, desk.clock.nowMs());
  return sendJson(reply, {
    ...found,
    traces: await listAsked(desk.pool, found.case, page),
    requests: await requestsFields(desk.pool, requests),
  });
}

function listTraces(desk: Desk, request: CaseRequest, reply: FastifyReply): Promise<FastifyReply> {
  return withPage(request, reply, async (page) => {
    const found = await caseFor(desk, request);
    if (found === null) return sendProblem(reply, "not-found");
    const traces = await listAsked(desk.pool, found.case, page);
    return sendJson(reply, { traces, next: nextOf(traces, page.limit, (one) => one.trace_id) });
  });
}

async function close(desk: Desk, request: CaseRequest, reply: FastifyReply): Promise<FastifyReply> {
  const officer = officerOf(request);
  const found = await findCase(desk.pool, request.params.case);
  const isOwn = found?.opened_by === officer.officer;
  if (found === null || !(isOwn || may(officer, "cases.open", { kind: "province" }))) {
    return sendProblem(reply, "not-found");
  }
  const body = readJson(closing, request, reply);
  if (body.kind === "refused") return body.reply;
  const made = { case: found.case, actor: officer.officer, note: body.value.note };
  const closed = await closeCase(desk.pool, made, desk.clock.nowMs());
  if (closed !== "closed") return sendProblem(reply, "case-closed");
  return sendJson(reply, await findCase(desk.pool, found.case));
}
