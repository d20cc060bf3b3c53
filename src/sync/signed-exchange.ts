import type { KeyObject } from "node:crypto";
import type { Clock, HttpAnswer, HttpRequest, Network } from "#core/ports.ts";
import { SIGNATURE_HEADER, STATION_HEADER } from "#contract/wire.ts";
import { isAnswerSignatureValid, signRequest } from "#sealing/signature.ts";
import { failureOf } from "#sync/failure.ts";
import type { FailureKind } from "#sync/failure.ts";
import { parseJson, problemCode } from "#sync/json.ts";
import { parseRetryAfter } from "#sync/retry-after.ts";

/** Who signs, and whose answers count. */
export type SyncIdentity = {
  readonly station: string;
  readonly privateKey: KeyObject;
  /** The province's raw Ed25519 answer key, pinned at enrolment. */
  readonly answerKey: Uint8Array;
};

/** When a request left and its answer was whole; monotonic milliseconds. */
export type RoundTrip = { readonly startMonoMs: number; readonly endMonoMs: number };

/** Why a status of success is still no answer. */
export type AnswerFlaw = "unsigned" | "bad-signature" | "not-json" | "wrong-schema" | "not-final";

/**
 * What one signed request came to. Only `answered` counts as the province's word: its signature is valid for this very
 * request, and it has the shape of the contract. A `problem` may come from anybody on the way and only sets the pace.
 */
export type Exchange<T> =
  | { readonly kind: "answered"; readonly answer: T; readonly roundTrip: RoundTrip }
  | {
      readonly kind: "problem";
      readonly status: number;
      /** Null when the body is no problem+json. */
      readonly code: string | null;
      /** At most one hour. */
      readonly retryAfterMs: number | null;
    }
  | { readonly kind: "not-an-answer"; readonly status: number; readonly flaw: AnswerFlaw }
  | { readonly kind: "no-answer"; readonly failure: FailureKind };

export type ExchangeParts = {
  readonly network: Network;
  readonly clock: Clock;
  readonly identity: SyncIdentity;
};

/** What is sent: `body` is the exact bytes on the wire, compressed already when `headers` say so. */
export type SignedPost<T> = {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Whether a value has the shape of the contract. */
  isAnswer(value: unknown): value is T;
};

/** Sends one signed request and judges what comes back. Never rejects for anything that a network can do. */
export async function exchangeSigned<T>(
  parts: ExchangeParts,
  post: SignedPost<T>,
  signal: AbortSignal,
): Promise<Exchange<T>> {
  const { clock, identity, network } = parts;
  const signature = signRequest(
    { method: "POST", path: post.path, station: identity.station, body: post.body },
    identity.privateKey,
  );
  const startMonoMs = clock.monoMs();
  const sent = await sendOnce(network, signedRequest(post, identity, signature), signal);
  if (sent.kind === "no-answer") return sent;
  const roundTrip = { startMonoMs, endMonoMs: clock.monoMs() };
  const { answer } = sent;
  if (answer.status >= 400) return problemOf(answer, clock.nowMs());
  const flaw = flawOf(answer, signature, identity.answerKey);
  if (flaw !== null) return { kind: "not-an-answer", status: answer.status, flaw };
  return judgeBody(answer, post, roundTrip);
}

type Sent =
  | { readonly kind: "sent"; readonly answer: HttpAnswer }
  | { readonly kind: "no-answer"; readonly failure: FailureKind };

async function sendOnce(
  network: Network,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<Sent> {
  try {
    return { kind: "sent", answer: await network.send(request, signal) };
  } catch (cause) {
    return { kind: "no-answer", failure: failureOf(cause) };
  }
}

function signedRequest(
  post: Omit<SignedPost<unknown>, "isAnswer">,
  identity: SyncIdentity,
  signature: string,
): HttpRequest {
  const headers = {
    ...post.headers,
    [STATION_HEADER]: identity.station,
    [SIGNATURE_HEADER]: signature,
  };
  return { method: "POST", path: post.path, headers, body: post.body };
}

function problemOf(answer: HttpAnswer, nowMs: number): Exchange<never> {
  return {
    kind: "problem",
    status: answer.status,
    code: problemCode(parseJson(answer.body)),
    retryAfterMs: parseRetryAfter(answer.headers["retry-after"], answer.headers["date"], nowMs),
  };
}

function flawOf(answer: HttpAnswer, signature: string, answerKey: Uint8Array): AnswerFlaw | null {
  if (answer.status < 200 || answer.status > 299) return "not-final";
  const answerSignature = answer.headers[SIGNATURE_HEADER];
  if (answerSignature === undefined) return "unsigned";
  const signed = { requestSignature: signature, status: answer.status, body: answer.body };
  return isAnswerSignatureValid(signed, answerSignature, answerKey) ? null : "bad-signature";
}

function judgeBody<T>(answer: HttpAnswer, post: SignedPost<T>, roundTrip: RoundTrip): Exchange<T> {
  const { status } = answer;
  const body = parseJson(answer.body);
  if (body === undefined) return { kind: "not-an-answer", status, flaw: "not-json" };
  if (!post.isAnswer(body)) return { kind: "not-an-answer", status, flaw: "wrong-schema" };
  return { kind: "answered", answer: body, roundTrip };
}
