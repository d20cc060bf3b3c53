import type { FastifyReply, FastifyRequest } from "fastify";
import { PAGE_HEADERS } from "#server/citizens/page.ts";
import { refusalPage } from "#server/citizens/refusal-page.ts";
import { problemStatus, sendProblem } from "#server/http/problems.ts";
import type { ProblemCode, ProblemExtra } from "#server/http/problems.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** People read this route's answers, not programs. */
    readonly isPage?: boolean;
  }
}

/** Says no in the form that the caller can read: a page for people, a problem document for programs. */
export function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  code: ProblemCode,
  extra: ProblemExtra = {},
): FastifyReply {
  if (!isForPeople(request)) return sendProblem(reply, code, extra);
  if (extra.retryAfterS !== undefined) reply.header("retry-after", String(extra.retryAfterS));
  const status = problemStatus(code);
  return reply
    .code(status)
    .headers(PAGE_HEADERS)
    .type("text/html; charset=utf-8")
    .send(refusalPage(status));
}

function isForPeople(request: FastifyRequest): boolean {
  const { config } = request.routeOptions;
  if (config.isPage === true) return true;
  // A wrong address typed into a browser.
  const isKnown = request.routeOptions.url !== undefined;
  return !isKnown && request.headers.accept?.includes("text/html") === true;
}
