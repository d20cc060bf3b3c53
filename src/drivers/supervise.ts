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
  | {
      readonly state: "lost";
      readonly sinceMs: number;
      readonly trouble: DeviceTrouble;
      /** Of a busy device: the program that holds it, where the system tells. */
      readonly holder: string | null;
    };

export type SupervisorPorts = {
  readonly clock: Clock;
  /** Aborted: every device is released and the stream ends. */
  readonly signal: AbortSignal;
  /** Called at every change, first with `waiting`. Of a source that ended by itself: `waiting` again. */
  readonly onState: (driver: Driver, state: DeviceState) => void;
  readonly onDropped: (dropped: Dropped, driver: Driver) => void;
  /** A driver broke its own promise: for the log. Its device counts as lost and is opened again. */
  readonly onFault: (driver: Driver, cause: unknown) => void;
  /** Drivers that join later; with it the stream ends only when it has ended too. Must end when its signal aborts. */
  readonly joining?: (signal: AbortSignal) => AsyncIterable<Driver>;
  /** Calls back after the machine slept: handles of that time may be dead without a word, so devices are opened anew. */
  readonly watchSleep?: (signal: AbortSignal, onAwake: () => void) => void;
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
  const rounds = createRounds(signal);
  ports.watchSleep?.(signal, rounds.next);

  const start = (driver: Driver) => keepReading(driver, { ...ports, signal, rounds, channel });
  const all = readAll(drivers, ports.joining?.(signal), start).then(
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

/** Resolves when every driver has ended; rejects at once when one fails. */
async function readAll(
  drivers: readonly Driver[],
  joining: AsyncIterable<Driver> | undefined,
  start: (driver: Driver) => Promise<void>,
): Promise<void> {
  const failed = Promise.withResolvers<void>();
  const joinAll = async () => {
    const pumps = drivers.map(start);
    for await (const driver of joining ?? []) {
      const pump = start(driver);
      pump.catch(failed.reject);
      pumps.push(pump);
    }
    await Promise.all(pumps);
  };
  await Promise.race([joinAll(), failed.promise]);
}

/** Between two sleeps of the machine every device is read in one go; `next` ends that and begins another. */
type Rounds = { readonly signal: () => AbortSignal; readonly next: () => void };

function createRounds(signal: AbortSignal): Rounds {
  let round = new AbortController();
  return {
    signal: () => AbortSignal.any([signal, round.signal]),
    next() {
      round.abort();
      round = new AbortController();
    },
  };
}

type ReadingPorts = SupervisorPorts & {
  readonly rounds: Rounds;
  readonly channel: Channel<SupervisedScan>;
};

async function keepReading(driver: Driver, ports: ReadingPorts): Promise<void> {
  const { clock, signal } = ports;
  const board = createStateBoard(driver, ports);
  while (!signal.aborted) {
    // Pipes do not sleep, and what they have in store must not be lost.
    const round = driver.endsByItself ? signal : ports.rounds.signal();
    const end = await readOnce(driver, ports, round, () => board.alive());
    if (signal.aborted) return;
    if (end.kind === "ended" && !driver.endsByItself) continue;
    if (end.kind === "ended") {
      board.waiting();
      return;
    }
    if (end.fault !== null) ports.onFault(driver, end.fault);
    board.lost(end.trouble, end.holder);
    if (driver.endsByItself) return;
    await clock.sleep(board.nextPauseMs(), signal);
  }
}

type ReadingEnd =
  | { readonly kind: "ended" }
  | {
      readonly kind: "lost";
      readonly trouble: DeviceTrouble;
      readonly holder: string | null;
      readonly fault: unknown;
    };

/** One opening of a device, to its end. */
async function readOnce(
  driver: Driver,
  ports: ReadingPorts,
  signal: AbortSignal,
  onOpen: () => void,
): Promise<ReadingEnd> {
  const onDropped = (dropped: Dropped) => ports.onDropped(dropped, driver);
  try {
    for await (const scan of driver.read(signal, { onOpen, onDropped })) {
      ports.channel.push({ scan, driver });
      await ports.channel.room();
    }
  } catch (cause) {
    if (!(cause instanceof DeviceLost)) return failed(cause);
    return { kind: "lost", trouble: cause.trouble, holder: cause.holder, fault: null };
  }
  if (driver.endsByItself || signal.aborted) return { kind: "ended" };
  return failed(new Error(`${driver.device} ended without being stopped`));
}

function failed(fault: unknown): ReadingEnd {
  return { kind: "lost", trouble: "failed", holder: null, fault };
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
    lost(trouble: DeviceTrouble, holder: string | null) {
      // To the guard a scanner that worked and is not there now was pulled out.
      const named = trouble === "not-found" && wasAlive ? "unplugged" : trouble;
      change({ state: "lost", sinceMs: sinceMs(), trouble: named, holder });
    },
    nextPauseMs() {
      const pauseMs = REOPEN_AFTER_MS[Math.min(attempts, REOPEN_AFTER_MS.length - 1)] ?? 2_000;
      attempts += 1;
      return pauseMs;
    },
  };
}
