import type { Clock } from "#core/ports.ts";
import type { Dropped, Scan } from "#core/scan.ts";
import { createChannel } from "#drivers/channel.ts";
import type { Channel } from "#drivers/channel.ts";
import { DeviceLost } from "#drivers/driver.ts";
import type { DeviceTrouble, Driver } from "#drivers/driver.ts";

/** How a device is, and since when (wall clock, UTC milliseconds). */
export type DeviceState =
  | { readonly state: "waiting"; readonly sinceMs: number; readonly trouble: null }
  | { readonly state: "alive"; readonly sinceMs: number; readonly trouble: null }
  | { readonly state: "lost"; readonly sinceMs: number; readonly trouble: DeviceTrouble };

export type SupervisorPorts = {
  readonly clock: Clock;
  /** Aborted: every device is released and the stream ends. */
  readonly signal: AbortSignal;
  /** Called at every change, first with `waiting`. Of a source that ended by itself: `waiting` again. */
  readonly onState: (driver: Driver, state: DeviceState) => void;
  readonly onDropped: (dropped: Dropped) => void;
  /** A driver broke its own promise: for the log. Its device counts as lost and is opened again. */
  readonly onFault: (driver: Driver, cause: unknown) => void;
};

/** A scan and the driver that it came through. */
export type SupervisedScan = { readonly scan: Scan; readonly driver: Driver };

/** Pauses before opening a lost device again, milliseconds: a cable that is put back is noticed within 3 s. */
const REOPEN_AFTER_MS = [500, 1_000, 2_000] as const;

/** Scans that may wait for the consumer; then the drivers wait too. */
const WAITING_SCANS = 1_000;

/**
 * Reads many devices as one stream, in the order of arrival, and opens again what was lost, for ever. Ends when the
 * signal aborts, or when every source has ended by itself: with `stdin` alone at the end of input, never while a real
 * scanner is among the drivers. Breaking out of the iteration releases every device.
 */
export async function* superviseDrivers(
  drivers: readonly Driver[],
  ports: SupervisorPorts,
): AsyncGenerator<SupervisedScan, void> {
  const stopped = new AbortController();
  const signal = AbortSignal.any([ports.signal, stopped.signal]);
  const channel = createChannel<SupervisedScan>(WAITING_SCANS);
  const cancel = () => channel.cancel();
  if (signal.aborted) return;
  signal.addEventListener("abort", cancel, { once: true });

  const pumps = drivers.map((driver) => keepReading(driver, { ...ports, signal }, channel));
  const all = Promise.all(pumps).then(
    () => channel.end(),
    (cause: unknown) => channel.end(new Error("the supervisor failed", { cause })),
  );
  try {
    yield* channel.items;
  } finally {
    stopped.abort();
    await all;
  }
}

async function keepReading(
  driver: Driver,
  ports: SupervisorPorts,
  channel: Channel<SupervisedScan>,
): Promise<void> {
  const { clock, signal } = ports;
  const board = createStateBoard(driver, ports);
  while (!signal.aborted) {
    const end = await readOnce(driver, ports, channel, () => board.alive());
    if (signal.aborted) return;
    if (end.kind === "ended") {
      board.waiting();
      return;
    }
    if (end.fault !== null) ports.onFault(driver, end.fault);
    board.lost(end.trouble);
    if (driver.endsByItself) return;
    await clock.sleep(board.nextPauseMs(), signal);
  }
}

type ReadingEnd =
  | { readonly kind: "ended" }
  | { readonly kind: "lost"; readonly trouble: DeviceTrouble; readonly fault: unknown };

/** One opening of a device, to its end. */
async function readOnce(
  driver: Driver,
  ports: SupervisorPorts,
  channel: Channel<SupervisedScan>,
  onOpen: () => void,
): Promise<ReadingEnd> {
  try {
    for await (const scan of driver.read(ports.signal, { onOpen, onDropped: ports.onDropped })) {
      channel.push({ scan, driver });
      await channel.room();
    }
  } catch (cause) {
    if (cause instanceof DeviceLost) return { kind: "lost", trouble: cause.trouble, fault: null };
    return { kind: "lost", trouble: "failed", fault: cause };
  }
  if (driver.endsByItself || ports.signal.aborted) return { kind: "ended" };
  const fault = new Error(`${driver.device} ended without being stopped`);
  return { kind: "lost", trouble: "failed", fault };
}

/** Tells changes of a device's state, and counts the attempts to get it back. */
function createStateBoard(driver: Driver, ports: SupervisorPorts) {
  let now: DeviceState = { state: "waiting", sinceMs: ports.clock.nowMs(), trouble: null };
  let wasAlive = false;
  let attempts = 0;
  ports.onState(driver, now);
  const change = (next: DeviceState) => {
    if (next.state === now.state && next.trouble === now.trouble) return;
    // A device that is still lost is lost since the first time, whatever the system says about it meanwhile.
    now = next.state === now.state ? { ...next, sinceMs: now.sinceMs } : next;
    ports.onState(driver, now);
  };
  const sinceMs = () => ports.clock.nowMs();
  return {
    waiting: () => change({ state: "waiting", sinceMs: sinceMs(), trouble: null }),
    alive() {
      wasAlive = true;
      attempts = 0;
      change({ state: "alive", sinceMs: sinceMs(), trouble: null });
    },
    lost(trouble: DeviceTrouble) {
      // To the guard a scanner that worked and is not there now was pulled out.
      const named = trouble === "not-found" && wasAlive ? "unplugged" : trouble;
      change({ state: "lost", sinceMs: sinceMs(), trouble: named });
    },
    nextPauseMs() {
      const pauseMs = REOPEN_AFTER_MS[Math.min(attempts, REOPEN_AFTER_MS.length - 1)] ?? 2_000;
      attempts += 1;
      return pauseMs;
    },
  };
}
