import type { FastifyReply, FastifyRequest } from "fastify";
import { Compile } from "typebox/compile";
import { PageQuery } from "#contract/tracing.ts";
import type { BodyOpener } from "#sealing/sealed-body.ts";
import { officerOf } from "#server/access/require-right.ts";
import { may } from "#server/access/rights.ts";
import type { Officer } from "#server/access/rights.ts";
import type { Admission, RateLimit } from "#server/http/admission.ts";
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

/** The page that a query asks for; null when it is none. */
export function pageOf(
  request: FastifyRequest,
): { readonly after: string | null; readonly limit: number } | null {
  const { query } = request;
  if (!pageQuery.Check(query)) return null;
  const limit = Math.min(MOST_PER_PAGE, Math.max(1, Number(query.limit ?? MOST_PER_PAGE)));
  return { after: query.after ?? null, limit };
}

/** The cursor after a page: null when it was the last one. */
export function nextOf<T>(
  page: readonly T[],
  limit: number,
  cursor: (last: T) => string,
): string | null {
  const last = page.at(-1);
  return last === undefined || page.length < limit ? null : cursor(last);
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
