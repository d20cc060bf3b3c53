import { Value } from "typebox/value";
import { assertNever } from "#core/assert.ts";
import type { InstanceReason } from "#core/outbox.ts";
import { HelloAnswer } from "#contract/wire.ts";
import type { HelloRequest } from "#contract/wire.ts";
import { commonOutcome, troubleOf } from "#sync/answer-outcome.ts";
import { helloRequest, orderOf, reconcile } from "#sync/hello.ts";
import { helloSoon } from "#sync/retry.ts";
import { linkDown, linkRefused, linkUp, settle } from "#sync/session.ts";
import type { FailedExchange, Session } from "#sync/session.ts";
import { exchangeSigned } from "#sync/signed-exchange.ts";

export const HELLO_PATH = "/v1/hello";

/** A server that calls every new instance wrong must not make us begin one after the other. */
const INSTANCE_PAUSE_MS = 60_000;

/** Interpreted, not compiled: hellos are minutes apart. */
export function isHelloAnswer(value: unknown): value is HelloAnswer {
  return Value.Check(HelloAnswer, value);
}

/** One hello: compares heads, takes rules and time, and puts the book right. */
export async function sayHello(session: Session): Promise<void> {
  const { parts } = session;
  const request = helloRequest(parts.outbox, parts.clock, parts.facts());
  const post = {
    path: HELLO_PATH,
    headers: { "content-type": "application/json" },
    body: new Uint8Array(Buffer.from(JSON.stringify(request))),
    isAnswer: isHelloAnswer,
  };
  const exchange = await exchangeSigned(parts, post, parts.signal);
  if (exchange.kind !== "answered") return helloFailed(session, exchange);

  const { answer, roundTrip } = exchange;
  parts.offset.addSample(answer.server_time_ms, roundTrip);
  linkUp(session);
  settle(session, {
    kind: "hello-answered",
    intervalMs: answer.interval_ms,
    spreadHintMs: answer.spread_hint_ms,
  });
  // From here on a callback may throw: hello stays answered, and the uploads go on.
  putRight(session, answer, request);
  if (parts.heardOfKeys(answer)) session.retry = helloSoon(session.retry, parts.clock.monoMs());
  parts.setReadableHours(answer.readable_hours ?? null);
  parts.obey(orderOf(answer, request, parts.outbox));
  const isNewer = (answer.rules?.version ?? 0) > request.policy_version;
  if (answer.rules !== undefined && isNewer) parts.applyRules(answer.rules);
}

function helloFailed(session: Session, failure: FailedExchange): void {
  if (session.parts.signal.aborted) return;
  session.parts.report({ kind: "exchange-failed", path: HELLO_PATH, failure });
  const outcome = commonOutcome(failure) ?? { kind: "hello-failed" };
  settle(session, outcome);
  if (outcome.kind === "refused") linkRefused(session, outcome.code);
  else linkDown(session, troubleOf(failure));
}

function putRight(session: Session, answer: HelloAnswer, request: HelloRequest): void {
  notePrefix(session, request.instance, answer.contiguous_upto);
  const due = reconcile(answer, request);
  switch (due.kind) {
    case "none":
      return;
    case "new-instance":
      return startInstance(session, due.reason);
    case "resend":
      return resend(session, request.instance, due.afterSeq);
    default:
      return assertNever(due);
  }
}

/** Remembers how far the server's gap-free prefix of `instance` reaches; past the place of a resend, that one worked. */
export function notePrefix(session: Session, instance: string, prefix: number): void {
  const { resent } = session;
  session.knownPrefix = prefix;
  const hasWorked = resent !== null && (resent.instance !== instance || prefix > resent.afterSeq);
  if (hasWorked) session.resent = null;
}

/** Begins a new life of the book, at most once a minute, and tells the server soon. */
export function startInstance(session: Session, reason: InstanceReason): void {
  const { clock, outbox, report } = session.parts;
  const monoMs = clock.monoMs();
  const lastMs = session.instanceStartedAtMonoMs;
  if (lastMs !== null && monoMs - lastMs < INSTANCE_PAUSE_MS) return;
  session.instanceStartedAtMonoMs = monoMs;
  const head = outbox.startInstance(reason, clock.nowMs());
  session.retry = helloSoon(session.retry, monoMs);
  report({ kind: "new-instance", reason, instance: head.instance });
}

/**
 * Sends again what the server lost, once for each place where its book ends: bodies that are erased cannot come back,
 * and would otherwise make us send the rest with every hello.
 */
function resend(session: Session, instance: string, afterSeq: number): void {
  const { outbox, report } = session.parts;
  const { resent } = session;
  const isSame = resent !== null && resent.instance === instance && resent.afterSeq === afterSeq;
  if (isSame) return;
  const events = outbox.resendAfter(instance, afterSeq);
  session.resent = { instance, afterSeq };
  report({ kind: "resend", afterSeq, events });
}
