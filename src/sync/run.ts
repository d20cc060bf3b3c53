import { assertNever } from "#core/assert.ts";
import { hurry, helloSoon, planNext } from "#sync/retry.ts";
import { sayHello } from "#sync/say-hello.ts";
import { publishView, settle, startSession } from "#sync/session.ts";
import type { Session, SyncParts } from "#sync/session.ts";
import { upload } from "#sync/upload.ts";

/** An idle sync looks at the queue so often even when nobody pokes it. */
const IDLE_LOOK_MS = 60_000;
/** How often the wall clock is held against the monotonic one. */
const CLOCK_LOOK_MS = 5_000;

/**
 * Keeps the province informed until `parts.signal` aborts: hello first, then batches while something is pending, then
 * hello at the interval that the server wishes. One request is in flight at a time, an event is marked as sent by its
 * id in a valid answer only, and whatever throws is reported and followed by a wait: this never gives up and rejects
 * only if `parts.report` itself throws.
 */
export async function runSync(parts: SyncParts): Promise<void> {
  const session = startSession(parts);
  await Promise.all([exchangeForEver(session), watchClock(session)]);
  parts.bell.end();
}

async function exchangeForEver(session: Session): Promise<void> {
  const { clock, signal } = session.parts;
  while (!signal.aborted) {
    const isDone = await guarded(session, () => turn(session));
    // The next turn would begin with the same book: nobody's ring may hurry that.
    if (!isDone) await clock.sleep(session.retry.notBeforeMs - clock.monoMs(), signal);
  }
  await guarded(session, async () => publishView(session));
}

async function turn(session: Session): Promise<void> {
  const { bell, clock } = session.parts;
  if (bell.takeHurry()) session.retry = hurry(session.retry, clock.monoMs());
  tellQueue(session);
  publishView(session);
  const plan = planNext(session.retry, clock.monoMs(), bell.isDraining());
  switch (plan.kind) {
    case "wait":
      return rest(session, plan.untilMs - clock.monoMs());
    case "hello":
      return sayHello(session);
    case "batch":
      return uploadOrRest(session, plan.maxEvents);
    default:
      return assertNever(plan);
  }
}

async function uploadOrRest(session: Session, maxEvents: number): Promise<void> {
  if ((await upload(session, maxEvents)) === "worked") return;
  const { bell, clock, outbox } = session.parts;
  const pending = outbox.pendingCount();
  bell.tell({ kind: pending === 0 ? "empty" : "set-aside", pending });
  await rest(session, Math.min(session.retry.helloDueMs - clock.monoMs(), IDLE_LOOK_MS));
}

function tellQueue(session: Session): void {
  const pending = session.parts.outbox.pendingCount();
  session.parts.bell.tell({ kind: pending === 0 ? "empty" : "sending", pending });
}

/** Sleeps until `ms` are over, somebody rings, or the sync is told to end. */
async function rest(session: Session, ms: number): Promise<void> {
  const { bell, clock, signal } = session.parts;
  if (signal.aborted) return;
  const waking = new AbortController();
  const wake = () => waking.abort();
  bell.onRing(wake);
  signal.addEventListener("abort", wake, { once: true });
  await clock.sleep(Math.max(1, Math.ceil(ms)), waking.signal);
  signal.removeEventListener("abort", wake);
  bell.onRing(null);
}

async function watchClock(session: Session): Promise<void> {
  const { bell, clock, offset, onClockJump, report, signal } = session.parts;
  while (!signal.aborted) {
    await clock.sleep(CLOCK_LOOK_MS, signal);
    const jump = signal.aborted ? null : offset.findJump();
    if (jump === null) continue;
    await guarded(session, async () => {
      report({ kind: "clock-jump", jump });
      // Perhaps the machine slept, and every wait of ours with it.
      session.retry = helloSoon(hurry(session.retry, clock.monoMs()), clock.monoMs());
      bell.poke();
      onClockJump(jump);
    });
  }
}

/** The one place where the sync survives what it cannot name: a book on a dying disk, a callback's bug. */
async function guarded(session: Session, step: () => Promise<void>): Promise<boolean> {
  try {
    await step();
    return true;
  } catch (cause) {
    session.parts.report({ kind: "step-failed", cause });
    settle(session, { kind: "step-failed" });
    return false;
  }
}
