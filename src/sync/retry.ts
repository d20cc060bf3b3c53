import { assertNever } from "#core/assert.ts";
import { MAX_BATCH_EVENTS } from "#contract/wire.ts";
import { backoffMs, slowPaceMs, toldMs } from "#sync/waits.ts";

/**
 * When the station talks to the province and how much it dares: a pure state machine. All times are monotonic
 * milliseconds, so that a wrong or jumping wall clock neither hurries nor stops it. It never gives up.
 */
export type RetryState = {
  readonly next: "hello" | "batch";
  readonly notBeforeMs: number;
  /** What `notBeforeMs` is for: our own backoff, the server's word, or spreading a herd. */
  readonly hold: "none" | "backoff" | "told" | "spread";
  readonly helloDueMs: number;
  /** Exchanges in a row without a valid answer. */
  readonly failures: number;
  readonly failingSinceMs: number | null;
  /** Set while the province refuses us; the code that the guard reads out. */
  readonly refusedCode: string | null;
  readonly trouble: BatchTrouble;
  /** Most events in the next batch, and up to where that number doubles rather than creeps. */
  readonly limit: number;
  readonly threshold: number;
  /** Events set aside in a row with no batch answered between: many mean that it is not the events' fault. */
  readonly asides: number;
  readonly hasUploaded: boolean;
};

/** What is held against the batch at the head of the queue. Only an answered hello turns suspicion into proof. */
export type BatchTrouble =
  | { readonly kind: "none" }
  | { readonly kind: "suspected"; readonly failures: number; readonly sent: number }
  | {
      readonly kind: "bisecting";
      /** The poison is among so many events at the head of the queue. */
      readonly suspects: number;
      /** Size of a batch that failed since the last hello; null when none did. */
      readonly failed: number | null;
    };

/** What came of one step. */
export type Outcome =
  | {
      readonly kind: "hello-answered";
      readonly intervalMs: number;
      readonly spreadHintMs: number;
    }
  | { readonly kind: "hello-failed" }
  | { readonly kind: "batch-answered"; readonly settled: number }
  | { readonly kind: "batch-failed"; readonly sent: number; readonly timedOut: boolean }
  | { readonly kind: "too-large"; readonly sent: number }
  | { readonly kind: "come-back-later"; readonly afterMs: number }
  | { readonly kind: "refused"; readonly code: string }
  | { readonly kind: "step-failed" };

/** What is to be done now. */
export type Plan =
  | { readonly kind: "hello" }
  | { readonly kind: "batch"; readonly maxEvents: number }
  | { readonly kind: "wait"; readonly untilMs: number };

/** The moment of an outcome: monotonic time, and a random number in [0, 1). */
export type Moment = { readonly monoMs: number; readonly chance: number };

/** `setAside` asks to set the only event of the batch sent last aside. */
export type Step = { readonly state: RetryState; readonly setAside: boolean };

/** Failing for so long is an outage: others came back with us. */
const OUTAGE_MS = 30_000;
const OUTAGE_SPREAD_MS = 60_000;
/** So often must a batch fail, with hello answered each time, before it is taken apart. */
const FAILURES_TO_BISECT = 3;
const CREEP_EVENTS = 10;
const NO_TROUBLE: BatchTrouble = { kind: "none" };

/** A station that has just started: hello at once, then the first upload at once. */
export function startRetry(nowMs: number): RetryState {
  return {
    next: "hello",
    notBeforeMs: nowMs,
    hold: "none",
    helloDueMs: nowMs,
    failures: 0,
    failingSinceMs: null,
    refusedCode: null,
    trouble: NO_TROUBLE,
    limit: MAX_BATCH_EVENTS,
    threshold: MAX_BATCH_EVENTS,
    asides: 0,
    hasUploaded: false,
  };
}

/** What the state allows at `nowMs`. A station that shuts down does not wait to spread a herd. */
export function planNext(state: RetryState, nowMs: number, isDraining: boolean): Plan {
  const mayGo = nowMs >= state.notBeforeMs || (isDraining && state.hold === "spread");
  if (!mayGo) return { kind: "wait", untilMs: state.notBeforeMs };
  if (state.next === "hello" || nowMs >= state.helloDueMs) return { kind: "hello" };
  return { kind: "batch", maxEvents: state.limit };
}

/** The network may have come back: a wait of our own choosing ends; one that the server asked for does not. */
export function hurry(state: RetryState, nowMs: number): RetryState {
  if (state.hold !== "backoff" || state.refusedCode !== null) return state;
  return { ...state, notBeforeMs: Math.min(state.notBeforeMs, nowMs) };
}

/** Something wants the server's opinion soon: a clock jump, a gap. Waits in force stay in force. */
export function helloSoon(state: RetryState, nowMs: number): RetryState {
  return { ...state, helloDueMs: Math.min(state.helloDueMs, nowMs) };
}

/** Takes one outcome in. */
export function afterOutcome(state: RetryState, outcome: Outcome, moment: Moment): Step {
  switch (outcome.kind) {
    case "hello-answered":
      return afterHello(state, outcome, moment);
    case "hello-failed":
      return keep(failed({ ...state, next: "hello", trouble: NO_TROUBLE }, 0, moment));
    case "batch-answered":
      return keep(afterBatch(state, outcome.settled, moment));
    case "batch-failed":
      return keep(afterFailedBatch(state, outcome, moment));
    case "too-large":
      return afterTooLarge(state, outcome.sent, moment);
    case "come-back-later":
      return keep(told(state, outcome.afterMs, moment));
    case "refused":
      return keep(refused(state, outcome.code, moment));
    case "step-failed":
      return keep(failed(state, 0, moment));
    default:
      return assertNever(outcome);
  }
}

function keep(state: RetryState): Step {
  return { state, setAside: false };
}

function afterHello(
  state: RetryState,
  outcome: { readonly intervalMs: number; readonly spreadHintMs: number },
  { monoMs, chance }: Moment,
): Step {
  const wasOutage = state.failingSinceMs !== null && monoMs - state.failingSinceMs >= OUTAGE_MS;
  const wishedMs = Math.max(wasOutage ? OUTAGE_SPREAD_MS : 0, outcome.spreadHintMs);
  // What waits since before the start goes at once; until then every failed hello has spread us already.
  const spreadMs = state.hasUploaded ? Math.round(wishedMs * chance) : 0;
  const judged = judge(state);
  return {
    setAside: judged.setAside,
    state: {
      ...judged.state,
      next: "batch",
      notBeforeMs: monoMs + spreadMs,
      hold: spreadMs > 0 ? "spread" : "none",
      // A tenth to either side keeps stations that started together from staying together.
      helloDueMs: monoMs + spreadMs + Math.round(outcome.intervalMs * (0.9 + 0.2 * chance)),
      failures: 0,
      failingSinceMs: null,
      refusedCode: null,
    },
  };
}

/** The server is well and hello was answered: is the batch to blame that failed before? */
function judge(state: RetryState): Step {
  const { trouble } = state;
  switch (trouble.kind) {
    case "none":
      return keep(state);
    case "suspected":
      return trouble.failures < FAILURES_TO_BISECT ? keep(state) : convict(state, trouble.sent);
    case "bisecting":
      return trouble.failed === null ? keep(state) : convict(state, trouble.failed);
    default:
      return assertNever(trouble);
  }
}

function convict(state: RetryState, suspects: number): Step {
  if (suspects <= 1) return { setAside: true, state: withoutPoison(state) };
  const trouble: BatchTrouble = { kind: "bisecting", suspects, failed: null };
  return keep({ ...state, trouble, limit: suspects >> 1 });
}

function withoutPoison(state: RetryState): RetryState {
  return { ...state, trouble: NO_TROUBLE, limit: 1, asides: state.asides + 1 };
}

function afterBatch(state: RetryState, settled: number, { monoMs }: Moment): RetryState {
  const { trouble } = state;
  const suspects = trouble.kind === "bisecting" ? trouble.suspects - settled : 0;
  const size: Pick<RetryState, "trouble" | "limit"> =
    suspects > 0
      ? {
          trouble: { kind: "bisecting", suspects, failed: null },
          limit: Math.max(1, suspects >> 1),
        }
      : { trouble: NO_TROUBLE, limit: grown(state) };
  return {
    ...state,
    ...size,
    next: "batch",
    notBeforeMs: monoMs,
    hold: "none",
    failures: 0,
    failingSinceMs: null,
    refusedCode: null,
    asides: 0,
    hasUploaded: true,
  };
}

function grown({ limit, threshold }: RetryState): number {
  if (limit < threshold) return Math.min(limit * 2, threshold);
  return Math.min(limit + CREEP_EVENTS, MAX_BATCH_EVENTS);
}

function afterFailedBatch(
  state: RetryState,
  { sent, timedOut }: { readonly sent: number; readonly timedOut: boolean },
  moment: Moment,
): RetryState {
  const { trouble } = state;
  const failures = trouble.kind === "suspected" ? trouble.failures + 1 : 1;
  const next: BatchTrouble =
    trouble.kind === "bisecting"
      ? { ...trouble, failed: sent }
      : { kind: "suspected", failures, sent };
  const half = Math.max(1, sent >> 1);
  const size = timedOut ? { limit: half, threshold: half } : {};
  return failed(
    { ...state, ...size, trouble: next, next: "hello" },
    Math.max(failures - 1, state.asides),
    moment,
  );
}

function afterTooLarge(state: RetryState, sent: number, moment: Moment): Step {
  const half = Math.max(1, sent >> 1);
  const smaller = { ...state, limit: half, threshold: half, trouble: NO_TROUBLE };
  if (sent > 1) return keep({ ...smaller, notBeforeMs: moment.monoMs, hold: "none" });
  const poisoned = withoutPoison(smaller);
  const notBeforeMs = moment.monoMs + backoffMs(poisoned.asides, moment.chance);
  return { setAside: true, state: { ...poisoned, notBeforeMs, hold: "backoff" } };
}

function failed(state: RetryState, doublings: number, moment: Moment): RetryState {
  const exponent = Math.max(state.failures, doublings);
  const waitMs =
    state.refusedCode === null ? backoffMs(exponent, moment.chance) : slowPaceMs(moment.chance);
  return {
    ...state,
    failures: state.failures + 1,
    failingSinceMs: state.failingSinceMs ?? moment.monoMs,
    notBeforeMs: moment.monoMs + waitMs,
    hold: "backoff",
  };
}

function told(state: RetryState, afterMs: number, { monoMs, chance }: Moment): RetryState {
  return {
    ...state,
    failures: state.failures + 1,
    failingSinceMs: state.failingSinceMs ?? monoMs,
    notBeforeMs: monoMs + toldMs(afterMs, state.failures, chance),
    hold: "told",
  };
}

function refused(state: RetryState, code: string, { monoMs, chance }: Moment): RetryState {
  return {
    ...state,
    next: "hello",
    trouble: NO_TROUBLE,
    refusedCode: code,
    notBeforeMs: monoMs + slowPaceMs(chance),
    hold: "backoff",
  };
}
