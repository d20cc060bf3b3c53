import { createHash, sign, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { fromBase64url, publicKeyFromRaw, toBase64url } from "#sealing/keys.ts";

/** What a station signs: one request, whole. The body is the exact bytes sent, after compression. */
export type SignedRequest = {
  readonly method: string;
  readonly path: string;
  readonly station: string;
  readonly body: Uint8Array;
};

/** What the province signs: its answer to one signed request, so that no old answer can be played again. */
export type SignedAnswer = {
  readonly requestSignature: string;
  readonly status: number;
  readonly body: Uint8Array;
};

/** Ed25519 over the request (docs/formats/wire.md "Signatures"); base64url. */
export function signRequest(request: SignedRequest, privateKey: KeyObject): string {
  return toBase64url(sign(null, requestMessage(request), privateKey));
}

export function isRequestSignatureValid(
  request: SignedRequest,
  signature: string,
  publicKey: Uint8Array,
): boolean {
  return isSignatureValid(requestMessage(request), fromBase64url(signature), publicKey);
}

/** Ed25519 over the answer, bound to the request's signature; base64url. */
export function signAnswer(answer: SignedAnswer, privateKey: KeyObject): string {
  return toBase64url(sign(null, answerMessage(answer), privateKey));
}

export function isAnswerSignatureValid(
  answer: SignedAnswer,
  signature: string,
  publicKey: Uint8Array,
): boolean {
  return isSignatureValid(answerMessage(answer), fromBase64url(signature), publicKey);
}

/** Plain Ed25519 check; a signature or key of the wrong length is simply not valid. */
export function isSignatureValid(
  message: Uint8Array,
  signature: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  if (signature.length !== 64 || publicKey.length !== 32) return false;
  return verify(null, message, publicKeyFromRaw("ed25519", publicKey), signature);
}

/** Ed25519 over any message under a domain of its own; for personal codes and policy bundles. */
export function signMessage(message: Uint8Array, privateKey: KeyObject): Uint8Array {
  return new Uint8Array(sign(null, message, privateKey));
}

function requestMessage(request: SignedRequest): Buffer {
  const lines = [
    "tramqr-request-v1",
    request.method,
    request.path,
    request.station,
    sha256Hex(request.body),
  ];
  return Buffer.from(lines.join("\n"), "utf8");
}

function answerMessage(answer: SignedAnswer): Buffer {
  const lines = [
    "tramqr-answer-v1",
    answer.requestSignature,
    String(answer.status),
    sha256Hex(answer.body),
  ];
  return Buffer.from(lines.join("\n"), "utf8");
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
