import { Value } from "typebox/value";
import { assertNever } from "#core/assert.ts";
import type { HttpAnswer, Network } from "#core/ports.ts";
import { EnrolmentAnswer } from "#contract/wire.ts";
import type { EnrolmentRequest } from "#contract/wire.ts";
import { toBase64url } from "#sealing/keys.ts";
import type { KeyPair } from "#sealing/keys.ts";
import { parseEnrolmentCode } from "#sync/enrolment-code.ts";
import { failureOf } from "#sync/failure.ts";
import type { FailureKind } from "#sync/failure.ts";
import { parseJson, problemCode } from "#sync/json.ts";

/** Why a code gets no station. `wrong-server`: what answered is no provincial server of this protocol. */
export type EnrolmentRefusal =
  "used" | "expired" | "locked" | "unknown" | "malformed" | "wrong-server";

export type EnrolmentResult =
  | { readonly kind: "enrolled"; readonly answer: EnrolmentAnswer }
  | { readonly kind: "refused"; readonly reason: EnrolmentRefusal }
  | { readonly kind: "unreachable"; readonly failure: FailureKind | "busy" | "server-error" };

export type EnrolmentAttempt = {
  readonly network: Network;
  /** As typed or scanned. */
  readonly code: string;
  /** Durable on disk before the first attempt: with the same key a lost answer can be asked for again. */
  readonly keyPair: KeyPair;
  readonly appVersion: string;
  readonly signal: AbortSignal;
};

export const ENROLMENT_PATH = "/v1/enrolments";

const refusalByCode: Readonly<Record<string, EnrolmentRefusal>> = {
  "enrolment-code-used": "used",
  "enrolment-code-expired": "expired",
  "enrolment-code-locked": "locked",
  "enrolment-code-unknown": "unknown",
  "enrolment-code-malformed": "malformed",
};

/** One attempt to become a station. A code with a wrong check digit is refused here and costs no try at the server. */
export async function enrol(attempt: EnrolmentAttempt): Promise<EnrolmentResult> {
  const code = parseEnrolmentCode(attempt.code);
  if (code.kind === "malformed") return { kind: "refused", reason: "malformed" };
  const request: EnrolmentRequest = {
    code: code.digits,
    public_key: toBase64url(attempt.keyPair.publicKey),
    app_version: attempt.appVersion.slice(0, 64),
  };
  const sent = await post(attempt, Buffer.from(JSON.stringify(request)));
  switch (sent.kind) {
    case "no-answer":
      return { kind: "unreachable", failure: sent.failure };
    case "answer":
      return resultOf(sent.answer);
    default:
      return assertNever(sent);
  }
}

type Sent =
  | { readonly kind: "answer"; readonly answer: HttpAnswer }
  | { readonly kind: "no-answer"; readonly failure: FailureKind };

async function post(attempt: EnrolmentAttempt, body: Uint8Array): Promise<Sent> {
  const headers = { "content-type": "application/json" };
  const request = { method: "POST", path: ENROLMENT_PATH, headers, body } as const;
  try {
    return { kind: "answer", answer: await attempt.network.send(request, attempt.signal) };
  } catch (cause) {
    return { kind: "no-answer", failure: failureOf(cause) };
  }
}

function resultOf(answer: HttpAnswer): EnrolmentResult {
  const body = parseJson(answer.body);
  if (answer.status >= 200 && answer.status < 300) {
    if (Value.Check(EnrolmentAnswer, body)) return { kind: "enrolled", answer: body };
    return { kind: "refused", reason: "wrong-server" };
  }
  const refusal = refusalByCode[problemCode(body) ?? ""];
  if (refusal !== undefined) return { kind: "refused", reason: refusal };
  if (answer.status === 429) return { kind: "unreachable", failure: "busy" };
  if (answer.status >= 500) return { kind: "unreachable", failure: "server-error" };
  return { kind: "refused", reason: "wrong-server" };
}
