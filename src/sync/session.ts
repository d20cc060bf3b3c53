import type { InstanceReason, Outbox } from "#core/outbox.ts";
import type { Clock, Network, Random } from "#core/ports.ts";
import type { EventAnswer, HelloAnswer, WireRules } from "#contract/wire.ts";
import type { ClockJump, ClockOffset } from "#sync/clock-offset.ts";
import type { SyncBell } from "#sync/control.ts";
import type { HeardOrder, HelloFacts } from "#sync/hello.ts";
import { afterOutcome, startRetry } from "#sync/retry.ts";
import type { Outcome, RetryState } from "#sync/retry.ts";
import type { Exchange, SyncIdentity } from "#sync/signed-exchange.ts";
import { isSameView, viewOf, withState } from "#sync/view.ts";
import type { Link, SyncTrouble, SyncView } from "#sync/view.ts";

/** Facts for the log and for an alarm; never personal data. */
export type SyncReport =
  | { readonly kind: "exchange-failed"; readonly path: string; readonly failure: FailedExchange }
  | { readonly kind: "refused"; readonly code: string }
  | { readonly kind: "new-instance"; readonly reason: InstanceReason; readonly instance: string }
  | { readonly kind: "resend"; readonly afterSeq: number; readonly events: number }
  | { readonly kind: "set-aside"; readonly eventId: string }
  | { readonly kind: "odd-answer"; readonly answer: EventAnswer }
  | { readonly kind: "clock-jump"; readonly jump: ClockJump }
  /** The book or a callback threw; sync goes on after a wait. */
  | { readonly kind: "step-failed"; readonly cause: unknown };

/** An exchange that brought no answer of the province. */
export type FailedExchange = Exclude<Exchange<never>, { readonly kind: "answered" }>;

/** Everything that a running sync needs. All callbacks are called synchronously, one at a time. */
export type SyncParts = {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly outbox: Outbox;
  readonly identity: SyncIdentity;
  readonly offset: ClockOffset;
  readonly bell: SyncBell;
  /** Read afresh for every hello. */
  readonly facts: () => HelloFacts;
  /** Newer rules than `facts().policy_version`. */
  readonly applyRules: (rules: WireRules) => void;
  /** With every answered hello, before its rules. */
  readonly obey: (heard: HeardOrder) => void;
  /** With every answered hello: how long the readable copy lives; null: as usual. */
  readonly setReadableHours: (hours: number | null) => void;
  /** With every answered hello: what it says of the station's key. True: there is something to say soon. */
  readonly heardOfKeys: (answer: Pick<HelloAnswer, "wants_new_key" | "accepted_key">) => boolean;
  /** For a `clock-jump` event in the book. */
  readonly onClockJump: (jump: ClockJump) => void;
  /** Called at the start and at every change. */
  readonly publish: (view: SyncView) => void;
  readonly report: (report: SyncReport) => void;
  readonly signal: AbortSignal;
};

/** What one run of the sync remembers. Changed only between two awaits. */
export type Session = {
  readonly parts: SyncParts;
  retry: RetryState;
  link: Link;
  published: SyncView | null;
  /** Ids of the batch sent last: the one that a verdict of the retry policy speaks of. */
  sentIds: readonly string[];
  /** Whether the next batch may wait a moment for company. */
  mayGather: boolean;
  /** From where events were sent again, so that what can no longer be sent does not make us resend for ever. */
  resent: { readonly instance: string; readonly afterSeq: number } | null;
  /** End of the server's gap-free prefix of the current instance, as last told. */
  knownPrefix: number | null;
  instanceStartedAtMonoMs: number | null;
  /** When an event was last set aside, or looked for among those set aside. */
  asideMonoMs: number;
};

/** A poison event rests so long before it is tried again. */
export const SET_ASIDE_MS = 3_600_000;

/** The memory of a sync that has just started. */
export function startSession(parts: SyncParts): Session {
  const monoMs = parts.clock.monoMs();
  const sinceMs = parts.clock.nowMs();
  return {
    parts,
    retry: startRetry(monoMs),
    link: { state: "connecting", sinceMs, code: null, trouble: null },
    published: null,
    sentIds: [],
    mayGather: false,
    resent: null,
    knownPrefix: null,
    instanceStartedAtMonoMs: null,
    asideMonoMs: monoMs,
  };
}

/** Takes an outcome into the retry policy and does what it decides. */
export function settle(session: Session, outcome: Outcome): void {
  const { clock, random, report } = session.parts;
  const moment = { monoMs: clock.monoMs(), chance: random.fraction() };
  const step = afterOutcome(session.retry, outcome, moment);
  session.retry = step.state;
  const [poison] = session.sentIds;
  if (outcome.kind === "refused") report({ kind: "refused", code: outcome.code });
  if (step.setAside && poison !== undefined) setAside(session, poison);
}

/** Takes a poison event out of the queue for an hour; the others go on. */
export function setAside(session: Session, eventId: string): void {
  const { clock, outbox, report } = session.parts;
  outbox.setAside(eventId, clock.nowMs() + SET_ASIDE_MS);
  session.asideMonoMs = clock.monoMs();
  report({ kind: "set-aside", eventId });
}

/** A valid answer came: the link is up. */
export function linkUp(session: Session): void {
  setLink(session, { state: "online", code: null, trouble: null });
}

/** No answer came. A refusal stays on the screen, because its code is what helps. */
export function linkDown(session: Session, trouble: SyncTrouble): void {
  if (session.retry.refusedCode !== null) return;
  setLink(session, { state: "offline", code: null, trouble });
}

/** The province said no to this station. */
export function linkRefused(session: Session, code: string): void {
  setLink(session, { state: "refused", code, trouble: null });
}

/** Publishes the view if it differs from the last one. */
export function publishView(session: Session): void {
  const view = viewOf(session.link, session.parts.outbox);
  if (isSameView(session.published, view)) return;
  session.published = view;
  session.parts.publish(view);
}

function setLink(session: Session, change: Pick<Link, "state" | "code" | "trouble">): void {
  session.link = withState(session.link, change, session.parts.clock.nowMs());
}
