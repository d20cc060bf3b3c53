import type { FastifyReply, FastifyRequest } from "fastify";
import { decodeBody } from "#server/http/body.ts";
import { sendProblem } from "#server/http/problems.ts";
import type { ProblemCode } from "#server/http/problems.ts";

export const JSON_CONTENT_TYPE = "application/json";

export type OpenedBody =
  | { readonly kind: "body"; readonly bytes: Uint8Array }
  | { readonly kind: "refused"; readonly code: ProblemCode };

/** The body before compression, if it is of the content type that is expected. */
export function openBody(
  request: FastifyRequest,
  raw: Uint8Array,
  contentType: string,
): OpenedBody {
  const sent = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (sent !== contentType) return { kind: "refused", code: "media-type-unsupported" };
  return decodeBody(raw, request.headers["content-encoding"]?.toLowerCase());
}

/** A compiled TypeBox schema. */
export type BodyValidator<T> = {
  Check(value: unknown): value is T;
  Errors(value: unknown): readonly { readonly schemaPath: string }[];
};

export type ParsedBody<T> =
  | { readonly kind: "parsed"; readonly value: T }
  /** A path in our schema; never a piece of what was sent. */
  | { readonly kind: "invalid"; readonly where: string };

export function parseBody<T>(validator: BodyValidator<T>, body: Uint8Array): ParsedBody<T> {
  const value = parseJson(Buffer.from(body).toString("utf8"));
  if (value === undefined) return { kind: "invalid", where: "not JSON" };
  if (validator.Check(value)) return { kind: "parsed", value };
  const where = validator.Errors(value)[0]?.schemaPath ?? "#";
  return { kind: "invalid", where };
}

export type ReadBody<T> =
  | { readonly kind: "parsed"; readonly value: T }
  /** The answer, which says why. */
  | { readonly kind: "refused"; readonly reply: FastifyReply };

/** The JSON body of a request; a body that is not of the expected form is refused here. */
export function readJson<T>(
  validator: BodyValidator<T>,
  request: FastifyRequest,
  reply: FastifyReply,
): ReadBody<T> {
  const opened = openBody(request, bytesOf(request.body), JSON_CONTENT_TYPE);
  if (opened.kind === "refused") {
    return { kind: "refused", reply: sendProblem(reply, opened.code) };
  }
  const parsed = parseBody(validator, opened.bytes);
  if (parsed.kind === "parsed") return parsed;
  return { kind: "refused", reply: sendInvalid(reply, parsed.where) };
}

/** The bytes of a request; none when it has no body. */
export function bytesOf(body: unknown): Uint8Array {
  return body instanceof Uint8Array ? body : new Uint8Array(0);
}

export function sendJson(reply: FastifyReply, value: unknown, status = 200): FastifyReply {
  return reply.code(status).type(JSON_CONTENT_TYPE).send(JSON.stringify(value));
}

export function sendInvalid(reply: FastifyReply, where: string): FastifyReply {
  return sendProblem(reply, "request-invalid", { detail: where });
}

/** Undefined for what is no JSON. The parser's own error is dropped: it quotes what it read. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
