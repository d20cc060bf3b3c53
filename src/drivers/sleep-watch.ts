import type { Clock } from "#core/ports.ts";

export type SleepWatchPorts = {
  readonly clock: Clock;
  /** Milliseconds since the machine was started, with the time that it slept. */
  readonly uptimeMs: () => number;
  /** True where the monotonic clock stands still while the machine sleeps (Linux, macOS); Windows counts on. */
  readonly monoSkipsSleep: boolean;
};

const LOOK_MS = 2_000;

/** A shorter sleep leaves USB handles alone; a busy process is late by less. */
const SLEPT_MS = 10_000;

/** Calls back every time the machine was suspended and is awake again, until the signal aborts. */
export async function watchSleep(
  ports: SleepWatchPorts,
  signal: AbortSignal,
  onAwake: () => void,
): Promise<void> {
  const { clock, uptimeMs, monoSkipsSleep } = ports;
  let [monoMs, upMs] = [clock.monoMs(), uptimeMs()];
  while (!signal.aborted) {
    await clock.sleep(LOOK_MS, signal);
    const [monoNow, upNow] = [clock.monoMs(), uptimeMs()];
    // A process that was merely stopped must keep its handles: what was scanned meanwhile lies in the kernel.
    const expectedMs = monoSkipsSleep ? monoNow - monoMs : LOOK_MS;
    if (!signal.aborted && upNow - upMs - expectedMs > SLEPT_MS) onAwake();
    [monoMs, upMs] = [monoNow, upNow];
  }
}
