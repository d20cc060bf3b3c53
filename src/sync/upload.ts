import { Compile } from "typebox/compile";
import { assertNever } from "#core/assert.ts";
import type { PendingEvent } from "#core/outbox.ts";
import { BatchAnswer, MAX_BATCH_BYTES } from "#contract/wire.ts";
import { commonOutcome, troubleOf } from "#sync/answer-outcome.ts";
import { buildBatch } from "#sync/batch.ts";
import type { Batch } from "#sync/batch.ts";
import { helloSoon } from "#sync/retry.ts";
import type { Outcome } from "#sync/retry.ts";
import { notePrefix, startInstance } from "#sync/say-hello.ts";
import { SET_ASIDE_MS, linkDown, linkRefused, linkUp, setAside, settle } from "#sync/session.ts";
import type { FailedExchange, Session } from "#sync/session.ts";
import { exchangeSigned } from "#sync/signed-exchange.ts";

/** Compiled, because an answer of 200 takes the interpreter as long as the whole rest of an upload. */
const batchAnswer = Compile(BatchAnswer);
export const BATCHES_PATH = "/v1/batches";

/** A new entry waits so long for company: at a rush one request carries several. */
const GATHER_MS = 200;

/** Sends the head of the queue. `idle`: there is nothing to send now. */
export async function upload(session: Session, maxEvents: number): Promise<"worked" | "idle"> {
  const { parts } = session;
  if (session.mayGather && !parts.bell.isDraining()) {
    await parts.clock.sleep(GATHER_MS, parts.signal);
    if (parts.signal.aborted) return "worked";
  }
  const result = buildBatch(nextEvents(session, maxEvents));
  switch (result.kind) {
    case "nothing":
      session.mayGather = true;
      return "idle";
    case "unsendable":
      setAside(session, result.eventId);
      settle(session, { kind: "step-failed" });
      return "worked";
    case "batch":
      await sendBatch(session, result.batch);
      session.mayGather = parts.outbox.pendingCount() < session.retry.limit;
      return "worked";
    default:
      return assertNever(result);
  }
}

/**
 * The head of the queue. Once an hour, when it is empty, also what was set aside: a rest that was counted on a clock
 * which ran years ahead would otherwise never be over.
 */
function nextEvents(session: Session, maxEvents: number): readonly PendingEvent[] {
  const { clock, outbox } = session.parts;
  const due = outbox.nextBatch(maxEvents, MAX_BATCH_BYTES, clock.nowMs());
  const isLookDue = clock.monoMs() - session.asideMonoMs >= SET_ASIDE_MS;
  if (due.length > 0 || !isLookDue) return due;
  session.asideMonoMs = clock.monoMs();
  return outbox.nextBatch(maxEvents, MAX_BATCH_BYTES, Number.MAX_SAFE_INTEGER);
}

async function sendBatch(session: Session, batch: Batch): Promise<void> {
  const { parts } = session;
  session.sentIds = batch.eventIds;
  const post = {
    path: BATCHES_PATH,
    headers: batch.headers,
    body: batch.body,
    isAnswer: (value: unknown): value is BatchAnswer => batchAnswer.Check(value),
  };
  const exchange = await exchangeSigned(parts, post, parts.signal);
  if (exchange.kind !== "answered") return batchFailed(session, exchange, batch);

  parts.offset.addSample(exchange.answer.server_time_ms, exchange.roundTrip);
  linkUp(session);
  settle(session, acknowledge(session, exchange.answer, batch));
  heedAnswer(session, exchange.answer, batch);
}

function batchFailed(session: Session, failure: FailedExchange, batch: Batch): void {
  if (session.parts.signal.aborted) return;
  const sent = batch.eventIds.length;
  session.parts.report({ kind: "exchange-failed", path: BATCHES_PATH, failure });
  const outcome = commonOutcome(failure) ?? failedOutcome(failure, sent);
  settle(session, outcome);
  if (outcome.kind === "refused") linkRefused(session, outcome.code);
  // A problem about this batch says that the server is there; the hello that follows will tell.
  else if (failure.kind !== "problem") linkDown(session, troubleOf(failure));
}

function failedOutcome(failure: FailedExchange, sent: number): Outcome {
  if (failure.kind === "problem" && failure.status === 413) return { kind: "too-large", sent };
  const timedOut = failure.kind === "no-answer" && failure.failure === "timeout";
  return { kind: "batch-failed", sent, timedOut };
}

/** Marks what this batch asked about and this answer names, by id. An answer that settles nothing is a failure. */
function acknowledge(session: Session, answer: BatchAnswer, batch: Batch): Outcome {
  const { clock, outbox } = session.parts;
  const named = new Set(answer.answers.map((one) => one.event_id));
  const ids = batch.eventIds.filter((id) => named.has(id));
  const settled = ids.length === 0 ? 0 : outbox.acknowledge(ids, clock.nowMs());
  if (settled > 0) return { kind: "batch-answered", settled };
  return { kind: "batch-failed", sent: batch.eventIds.length, timedOut: false };
}

/** What an answer says besides "I have it": forks, quarantine, and a prefix that ends before our own mark. */
function heedAnswer(session: Session, answer: BatchAnswer, batch: Batch): void {
  const { clock, outbox, report } = session.parts;
  const odd = answer.answers.filter((one) => !["stored", "duplicate"].includes(one.result));
  for (const one of odd) report({ kind: "odd-answer", answer: one });

  const isCurrent = batch.instance === outbox.head().instance;
  if (!isCurrent) return;
  const isForked = odd.some(
    (one) => one.result === "fork" && batch.eventIds.includes(one.event_id),
  );
  if (isForked) return startInstance(session, "fork");
  const isNews = answer.contiguous_upto !== session.knownPrefix;
  notePrefix(session, batch.instance, answer.contiguous_upto);
  if (isNews && answer.contiguous_upto < outbox.acknowledgedUpto()) {
    session.retry = helloSoon(session.retry, clock.monoMs());
  }
}
