import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Compile } from "typebox/compile";
import {
  BATCH_CONTENT_TYPE,
  EnrolmentRequest,
  HelloRequest,
  MAX_BATCH_EVENTS,
} from "#contract/wire.ts";
import type { RateLimit } from "#server/http/admission.ts";
import { decodeBody } from "#server/http/body.ts";
import type { ServerParts } from "#server/http/parts.ts";
import { sendProblem } from "#server/http/problems.ts";
import type { ProblemCode } from "#server/http/problems.ts";
import { authenticate } from "#server/http/signed.ts";
import { answerHello } from "#server/ingest/hello.ts";
import type { Pace } from "#server/ingest/hello.ts";
import { createKnownPlaces } from "#server/ingest/known-places.ts";
import { splitLines } from "#server/ingest/lines.ts";
import { storeBatch } from "#server/ingest/store-batch.ts";
import type { StoredBatch } from "#server/ingest/store-batch.ts";
import { enrolStation } from "#server/stations/enrol.ts";

export const ENROLMENTS_PATH = "/v1/enrolments";
export const HELLO_PATH = "/v1/hello";
export const BATCHES_PATH = "/v1/batches";

const JSON_CONTENT_TYPE = "application/json";
const RATE_RETRY_S = 60;

const enrolmentRequest = Compile(EnrolmentRequest);
const helloRequest = Compile(HelloRequest);

export type V1Parts = ServerParts & {
  readonly enrolments: RateLimit;
  /** What stations are asked to do at this moment. */
  pace(): Promise<Pace>;
};

/** Registers the three calls of protocol v1. */
export function registerV1(app: FastifyInstance, parts: V1Parts): void {
  const ingest = { pool: parts.pool, knownPlaces: createKnownPlaces() };

  app.post(ENROLMENTS_PATH, async (request, reply) => {
    if (!parts.enrolments.allows(request.ip)) {
      return sendProblem(reply, "too-many-requests", { retryAfterS: RATE_RETRY_S });
    }
    return enrol(parts, request, reply);
  });

  app.post(HELLO_PATH, (request, reply) =>
    signed(parts, JSON_CONTENT_TYPE, request, reply, async (station, body) => {
      const hello = parseBody(helloRequest, body);
      if (hello.kind === "invalid") return sendInvalid(reply, hello.where);
      const nowMs = parts.clock.nowMs();
      const pace = await parts.pace();
      const context = { station: station.station, pace, nowMs };
      return sendJson(reply, await answerHello(parts.pool, hello.value, context));
    }),
  );

  app.post(BATCHES_PATH, (request, reply) =>
    signed(parts, BATCH_CONTENT_TYPE, request, reply, async (station, body) => {
      const lines = splitLines(body);
      if (lines.length === 0) return sendInvalid(reply, "no lines");
      if (lines.length > MAX_BATCH_EVENTS) return sendProblem(reply, "batch-too-large");
      const upload = { ...station, lines, nowMs: parts.clock.nowMs() };
      const stored = await storeBatch(ingest, upload);
      report(parts, station.station, stored);
      return sendJson(reply, stored.answer);
    }),
  );
}

type SignedBy = { readonly station: string; readonly isRevoked: boolean };

/** Everything between the door and a signed call's own work. */
async function signed(
  parts: V1Parts,
  contentType: string,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (station: SignedBy, body: Uint8Array) => Promise<FastifyReply>,
): Promise<FastifyReply> {
  const raw = bytesOf(request.body);
  const who = await authenticate(parts.pool, request, raw);
  if (who.kind === "refused") return sendProblem(reply, who.code);
  request.station = who.station;
  const opened = openBody(request, raw, contentType);
  if (opened.kind === "refused") return sendProblem(reply, opened.code);
  return work(who, opened.bytes);
}

async function enrol(
  parts: V1Parts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const opened = openBody(request, bytesOf(request.body), JSON_CONTENT_TYPE);
  if (opened.kind === "refused") return sendProblem(reply, opened.code);
  const parsed = parseBody(enrolmentRequest, opened.bytes);
  if (parsed.kind === "invalid") {
    const isCode = parsed.where.startsWith("#/properties/code");
    return isCode
      ? sendProblem(reply, "enrolment-code-malformed")
      : sendInvalid(reply, parsed.where);
  }
  const result = await enrolStation(parts, parsed.value, parts.clock.nowMs());
  if (result.kind === "refused") return sendProblem(reply, `enrolment-code-${result.reason}`);
  if (result.isNew) parts.log.event("enrolled", { station: result.answer.station });
  return sendJson(reply, result.answer);
}

type OpenedBody =
  | { readonly kind: "body"; readonly bytes: Uint8Array }
  | { readonly kind: "refused"; readonly code: ProblemCode };

function openBody(request: FastifyRequest, raw: Uint8Array, contentType: string): OpenedBody {
  const sent = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (sent !== contentType) return { kind: "refused", code: "media-type-unsupported" };
  return decodeBody(raw, request.headers["content-encoding"]?.toLowerCase());
}

type BodyValidator<T> = {
  Check(value: unknown): value is T;
  Errors(value: unknown): readonly { readonly schemaPath: string }[];
};

type ParsedBody<T> =
  | { readonly kind: "parsed"; readonly value: T }
  /** A path in our schema; never a piece of what was sent. */
  | { readonly kind: "invalid"; readonly where: string };

function parseBody<T>(validator: BodyValidator<T>, body: Uint8Array): ParsedBody<T> {
  const value = parseJson(Buffer.from(body).toString("utf8"));
  if (value === undefined) return { kind: "invalid", where: "not JSON" };
  if (validator.Check(value)) return { kind: "parsed", value };
  const where = validator.Errors(value)[0]?.schemaPath ?? "#";
  return { kind: "invalid", where };
}

/** Undefined for what is no JSON. The parser's own error is dropped: it quotes what it read. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function bytesOf(body: unknown): Uint8Array {
  return body instanceof Uint8Array ? body : new Uint8Array(0);
}

function sendJson(reply: FastifyReply, value: unknown): FastifyReply {
  return reply.code(200).type(JSON_CONTENT_TYPE).send(JSON.stringify(value));
}

function sendInvalid(reply: FastifyReply, where: string): FastifyReply {
  return sendProblem(reply, "request-invalid", { detail: where });
}

function report(parts: V1Parts, station: string, stored: StoredBatch): void {
  const { storedCount, quarantinedCount } = stored;
  parts.log.event("batch", { station, stored: storedCount, quarantined: quarantinedCount });
  if (storedCount > 0) parts.onStored?.();
}
