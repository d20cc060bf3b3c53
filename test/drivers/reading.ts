import { once } from "node:events";
import type { Dropped, Scan } from "#core/scan.ts";
import type { Driver } from "#drivers/driver.ts";
import { until } from "./real-clock.ts";

/** One reading of a driver, going on in the background. */
export type Reading = {
  readonly scans: readonly Scan[];
  readonly dropped: readonly Dropped[];
  texts(): readonly string[];
  opened(): Promise<void>;
  scansReach(count: number, withinMs?: number): Promise<void>;
  /** Aborts, and waits for the iteration's end. */
  stop(): Promise<void>;
  /** How the iteration ended: null for a plain end. */
  readonly end: Promise<unknown>;
};

/** Starts to read; `onScan` runs in the consumer's loop body and may throw or return `"break"`. */
export function startReading(driver: Driver, onScan: (scan: Scan) => unknown = () => {}): Reading {
  const scans: Scan[] = [];
  const dropped: Dropped[] = [];
  const abort = new AbortController();
  let isOpen = false;
  const report = {
    onOpen: () => (isOpen = true),
    onDropped: (what: Dropped) => dropped.push(what),
  };
  const run = async () => {
    for await (const scan of driver.read(abort.signal, report)) {
      scans.push(scan);
      if (onScan(scan) === "break") return;
    }
  };
  const end = run().then(
    () => null,
    (cause: unknown) => cause,
  );
  return {
    scans,
    dropped,
    end,
    texts: () => scans.map((scan) => new TextDecoder().decode(scan.bytes)),
    opened: () => until(() => isOpen, `${driver.device} opens`),
    scansReach: (count, withinMs) =>
      until(() => scans.length >= count, `${count} scans, ${scans.length} came`, withinMs),
    async stop() {
      const aborted = once(abort.signal, "abort");
      abort.abort();
      await aborted;
      await end;
    },
  };
}
