import type { FastifyReply, FastifyRequest } from "fastify";
import { SIGNATURE_HEADER, STATION_HEADER } from "#contract/wire.ts";
import { isRequestSignatureValid, signAnswer } from "#sealing/signature.ts";
import type { Pool } from "#server/database/pool.ts";
import type { ProblemCode } from "#server/http/problems.ts";
import { findStation } from "#server/stations/registry.ts";
import { useNewKey } from "#server/stations/new-key.ts";
import type { ProvinceSecrets } from "#server/vault/province-keys.ts";

/** The station whose signature a request carries. */
export type SignedBy = {
  readonly station: string;
  /** As it is registered. */
  readonly state: string;
  readonly isRevoked: boolean;
  /** It is to propose a new key. */
  readonly isAskedForKey: boolean;
};

export type Authentication =
  | ({ readonly kind: "station" } & SignedBy)
  | { readonly kind: "refused"; readonly code: ProblemCode };

const SIGNATURE = /^[A-Za-z0-9_-]{86}$/;
const STATION = /^[\x21-\x7e]{1,64}$/;

/** Whose request this is: the signature covers method, path, station and the exact bytes of the body. */
export async function authenticate(
  pool: Pool,
  request: FastifyRequest,
  body: Uint8Array,
  nowMs: number,
): Promise<Authentication> {
  const station = headerOf(request, STATION_HEADER, STATION);
  const signature = headerOf(request, SIGNATURE_HEADER, SIGNATURE);
  if (station === null || signature === null) return { kind: "refused", code: "signature-missing" };
  const known = await findStation(pool, station);
  if (known === null) return { kind: "refused", code: "station-unknown" };
  const path = request.routeOptions.url ?? request.url;
  const signed = { method: request.method, path, station, body };
  const { nextPublicKey, state, isRevoked, isAskedForKey } = known;
  if (isRequestSignatureValid(signed, signature, known.publicKey)) {
    return { kind: "station", station, state, isRevoked, isAskedForKey };
  }
  const isNext =
    nextPublicKey !== null && isRequestSignatureValid(signed, signature, nextPublicKey);
  if (!isNext) return { kind: "refused", code: "signature-invalid" };
  await useNewKey(pool, station, nextPublicKey, nowMs);
  return { kind: "station", station, state, isRevoked, isAskedForKey: false };
}

/**
 * Signs an answer, errors included, for whoever sent a signature: a station can then tell the province's no from a
 * captive portal's. The signature is bound to the request's, so it is of no use for any other request.
 */
export function signReply(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  secrets: ProvinceSecrets,
): void {
  const requestSignature = headerOf(request, SIGNATURE_HEADER, SIGNATURE);
  if (requestSignature === null) return;
  const body = typeof payload === "string" ? Buffer.from(payload, "utf8") : new Uint8Array(0);
  const answer = { requestSignature, status: reply.statusCode, body };
  reply.header(SIGNATURE_HEADER, signAnswer(answer, secrets.answerKey.privateKey));
}

function headerOf(request: FastifyRequest, name: string, form: RegExp): string | null {
  const value = request.headers[name];
  return typeof value === "string" && form.test(value) ? value : null;
}
