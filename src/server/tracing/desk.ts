import type { FastifyReply, FastifyRequest } from "fastify";
import { Compile } from "typebox/compile";
import { PageQuery } from "#contract/tracing.ts";
import type { BodyOpener } from "#sealing/sealed-body.ts";
import { officerOf } from "#server/access/require-right.ts";
import { may } from "#server/access/rights.ts";
import type { Officer } from "#server/access/rights.ts";
import type { Admission, RateLimit } from "#server/http/admission.ts";
import { sendInvalid } from "#server/http/json.ts";
import { pageOf } from "#server/http/page.ts";
import type { Page } from "#server/http/page.ts";
import { sendProblem } from "#server/http/problems.ts";
import type { AskingParts } from "#server/tracing/ask.ts";
import { findCase } from "#server/tracing/cases.ts";
import type { Case } from "#server/tracing/cases.ts";
import type { ProvinceSecrets } from "#server/vault/province-keys.ts";

/** What the officers' endpoints about persons work with. */
export type Desk = AskingParts & {
  readonly secrets: ProvinceSecrets;
  /** Made when the first name is opened. */
  opener(): BodyOpener;
  /** Questions and names of each officer. */
  readonly questions: RateLimit;
  /** Questions that are worked on at once. */
  readonly room: Admission;
  /** How long one statement of a question may take, milliseconds. */
  readonly questionMs: number;
};

/** A request below a case. */
export type CaseRequest = FastifyRequest<{ Params: { case: string } }>;

const MOST_PER_PAGE = 200;
const BUSY_RETRY_S = 5;
const pageQuery = Compile(PageQuery);

/** Does the work with the page that the query asks for; refuses a query that is none. */
export async function withPage(
  request: FastifyRequest,
  reply: FastifyReply,
  work: (page: Page) => Promise<FastifyReply>,
): Promise<FastifyReply> {
  const { query } = request;
  return pageQuery.Check(query) ? work(pageOf(query, MOST_PER_PAGE)) : sendInvalid(reply, "query");
}

/**
 * True for cases that are this officer's business: all of them where the right reaches the whole province, else those
 * that the officer opened.
 */
export function maySeeCase(officer: Officer, one: Pick<Case, "opened_by">): boolean {
  return isProvinceWide(officer) || one.opened_by === officer.officer;
}

/** True when the officer reads every case. */
export function isProvinceWide(officer: Officer): boolean {
  return may(officer, "cases.read", { kind: "province" });
}

/** The case of the path; null when there is none, and when it is none of this officer's business. */
export async function caseFor(desk: Desk, request: CaseRequest): Promise<Case | null> {
  const found = await findCase(desk.pool, request.params.case);
  return found !== null && maySeeCase(officerOf(request), found) ? found : null;
}

/** Does the work if this officer may ask once more in this minute and the server has room for it; else says 429. */
export async function withinLimits(
  desk: Desk,
  request: FastifyRequest,
  reply: FastifyReply,
  work: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  if (!desk.questions.allows(officerOf(request).officer)) {
    const retryAfterS = desk.questions.retryAfterS();
    return sendProblem(reply, "too-many-requests", { retryAfterS });
  }
  const leave = desk.room.enter();
  if (leave === null) {
    return sendProblem(reply, "too-many-requests", { retryAfterS: BUSY_RETRY_S });
  }
  try {
    return await work();
  } finally {
    leave();
  }
}
