import type { FastifyReply } from "fastify";
import type { Problem } from "#contract/wire.ts";

/** Every way in which the server says no. Codes are stable: stations and their technicians rely on them. */
const problems = {
  "request-invalid": [400, "The request is not of the expected form."],
  "body-unreadable": [400, "The body cannot be decompressed."],
  "enrolment-code-malformed": [400, "The enrolment code is not twenty digits with a check digit."],
  "form-token-unknown": [400, "The form's token is not one of this province."],
  "signature-missing": [401, "The request is not signed."],
  "signature-invalid": [401, "The signature does not fit the request."],
  "station-unknown": [401, "There is no such station."],
  "token-missing": [401, "The request has no bearer token."],
  "token-invalid": [401, "The bearer token is unknown, out of date or revoked."],
  "right-missing": [403, "This user may not do this."],
  "enrolment-code-locked": [403, "The enrolment code was tried too often; ask for a new one."],
  "own-request": [403, "Nobody approves what the same person asked."],
  "approval-refused": [403, "A second officer has refused this."],
  "person-not-named": [403, "No answer of this case has named this person."],
  "cross-site": [403, "The form was sent from a page of somebody else."],
  "not-found": [404, "There is nothing at this address."],
  "enrolment-code-unknown": [404, "There is no such enrolment code."],
  "nothing-to-open": [404, "No entry of this person can be opened."],
  "request-timeout": [408, "The request came too slowly."],
  "enrolment-code-used": [409, "The enrolment code was used already."],
  "place-known": [409, "The same name at the same address is registered already."],
  "place-decided": [409, "Somebody decided otherwise about this place before."],
  "case-known": [409, "There is a case of this number already."],
  "case-closed": [409, "The case is closed and answers nothing more."],
  "request-decided": [409, "Somebody decided about this request before."],
  "place-code-taken": [409, "The location code is another place's already."],
  "form-token-expired": [410, "The form's token is out of date; get a new one and send again."],
  "approval-lapsed": [410, "The request or its approval is over; ask again."],
  "enrolment-code-expired": [410, "The enrolment code is out of date."],
  "batch-too-large": [413, "The batch has too many events or bytes; send fewer."],
  "request-too-large": [413, "The request is too large."],
  "media-type-unsupported": [415, "The body has another content type than expected."],
  "encoding-unsupported": [415, "The body has another content encoding than zstd or gzip."],
  "fields-invalid": [422, "Some answers cannot be taken; nothing was stored."],
  "outside-case": [422, "The case does not allow these days."],
  "document-unknown": [422, "That is no number of a document that is known here."],
  "too-many-requests": [429, "The server is busy; come back later."],
  "header-too-large": [431, "The headers are too large."],
  internal: [500, "The server made a mistake."],
  "database-unavailable": [503, "The database is away; come back later."],
  "question-too-long": [503, "The question took too long and was given up; ask about fewer days."],
  "shutting-down": [503, "The server is stopping; come back later."],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemCode = keyof typeof problems;

/** What else an answer may say. */
export type ProblemExtra = {
  /** Where in our own schema a request failed; never what it said. */
  readonly detail?: string;
  /** Which answers of a form cannot be taken, and why. */
  readonly errors?: Problem["errors"];
  /** Retry-After, in whole seconds. */
  readonly retryAfterS?: number;
};

export const PROBLEM_CONTENT_TYPE = "application/problem+json";

export const problemCodes = Object.keys(problems).filter((code) => isProblemCode(code));

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problems, code);
}

export function problemStatus(code: ProblemCode): number {
  return problems[code][0];
}

/** RFC 9457. */
export function problemBody(code: ProblemCode, extra: ProblemExtra = {}): Problem {
  const [status, title] = problems[code];
  const detail = extra.detail === undefined ? {} : { detail: extra.detail };
  const errors = extra.errors === undefined ? {} : { errors: extra.errors };
  return { type: `urn:tramqr:problem:${code}`, title, status, code, ...detail, ...errors };
}

export function sendProblem(
  reply: FastifyReply,
  code: ProblemCode,
  extra: ProblemExtra = {},
): FastifyReply {
  if (extra.retryAfterS !== undefined) reply.header("retry-after", String(extra.retryAfterS));
  return reply
    .code(problemStatus(code))
    .type(PROBLEM_CONTENT_TYPE)
    .send(JSON.stringify(problemBody(code, extra)));
}
