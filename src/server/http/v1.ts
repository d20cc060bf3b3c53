import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Compile } from "typebox/compile";
import {
  BATCH_CONTENT_TYPE,
  EnrolmentRequest,
  HelloRequest,
  MAX_BATCH_EVENTS,
} from "#contract/wire.ts";
import type { RateLimit } from "#server/http/admission.ts";
import {
  JSON_CONTENT_TYPE,
  bytesOf,
  openBody,
  parseBody,
  sendInvalid,
  sendJson,
} from "#server/http/json.ts";
import type { ServerParts } from "#server/http/parts.ts";
import { sendProblem } from "#server/http/problems.ts";
import { authenticate } from "#server/http/signed.ts";
import type { SignedBy } from "#server/http/signed.ts";
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
      return sendProblem(reply, "too-many-requests", {
        retryAfterS: parts.enrolments.retryAfterS(),
      });
    }
    return enrol(parts, request, reply);
  });

  app.post(HELLO_PATH, (request, reply) =>
    signed(parts, JSON_CONTENT_TYPE, request, reply, async (who, body) => {
      const hello = parseBody(helloRequest, body);
      if (hello.kind === "invalid") return sendInvalid(reply, hello.where);
      const nowMs = parts.clock.nowMs();
      const pace = await parts.pace();
      const context = { ...who, pace, nowMs };
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

/** Everything between the door and a signed call's own work. */
async function signed(
  parts: V1Parts,
  contentType: string,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (station: SignedBy, body: Uint8Array) => Promise<FastifyReply>,
): Promise<FastifyReply> {
  const raw = bytesOf(request.body);
  const who = await authenticate(parts.pool, request, raw, parts.clock.nowMs());
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

function report(parts: V1Parts, station: string, stored: StoredBatch): void {
  const { storedCount, quarantinedCount } = stored;
  parts.log.event("batch", { station, stored: storedCount, quarantined: quarantinedCount });
  if (storedCount > 0) parts.onStored?.();
}
