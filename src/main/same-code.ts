import { createHash } from "node:crypto";
import type { Scan } from "#core/scan.ts";

/** Remembers which code each lane read last, to swallow a scanner that keeps reading the same card. */
export type SameCodeMemory = {
  /** Milliseconds since this lane last read these very bytes; null when it read something else since. */
  agoMs(scan: Scan, lane: string, monoMs: number): number | null;
};

/** Keeps one fingerprint per lane, in memory only. */
export function createSameCodeMemory(): SameCodeMemory {
  const lastByLane = new Map<string, { readonly fingerprint: string; readonly monoMs: number }>();
  return {
    agoMs(scan, lane, monoMs) {
      const fingerprint = createHash("sha256").update(scan.bytes).digest("hex");
      const last = lastByLane.get(lane);
      lastByLane.set(lane, { fingerprint, monoMs });
      return last?.fingerprint === fingerprint ? monoMs - last.monoMs : null;
    },
  };
}
