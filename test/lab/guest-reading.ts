import type { Dropped, Scan } from "#core/scan.ts";
import type { Driver } from "#drivers/driver.ts";
import { superviseDrivers } from "#drivers/supervise.ts";
import type { DeviceState } from "#drivers/supervise.ts";
import { systemClock } from "#main/system-ports.ts";

/** A driver of the product at work under the product's supervisor, as in the station. */
export type Reading = {
  /** Texts of the scans so far. Bytes that are no UTF-8 show as U+FFFD. */
  readonly scans: readonly string[];
  readonly dropped: readonly Dropped[];
  readonly faults: readonly unknown[];
  state(): DeviceState | null;
  isAlive(): boolean;
  stop(): Promise<void>;
};

export function readDriver(driver: Driver): Reading {
  const stopped = new AbortController();
  const [scans, dropped, faults]: [string[], Dropped[], unknown[]] = [[], [], []];
  let state: DeviceState | null = null;
  const take = (scan: Scan) => scans.push(new TextDecoder().decode(scan.bytes));
  const read = async () => {
    const stream = superviseDrivers([driver], {
      clock: systemClock,
      signal: stopped.signal,
      onState: (_driver, next) => (state = next),
      onDropped: (what) => dropped.push(what),
      onFault: (_driver, cause) => faults.push(cause),
    });
    for await (const { scan } of stream) take(scan);
  };
  const ended = read();
  return {
    scans,
    dropped,
    faults,
    state: () => state,
    isAlive: () => state?.state === "alive",
    async stop() {
      stopped.abort();
      await ended;
    },
  };
}
