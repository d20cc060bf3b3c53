import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "#core/ports.ts";

export type ManualClock = Clock & {
  /** Lets `ms` pass, waking sleepers in order; everything they do in between is done. */
  advance(ms: number): Promise<void>;
  /** The process stands still for `ms`: sleepers that are due wake late, all at the end. */
  standStill(ms: number): Promise<void>;
};

/** Time that passes only when a test says so. Starts at 1,000,000 ms. */
export function createManualClock(): ManualClock {
  let nowMs = 1_000_000;
  let sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    monoMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const wake = () => {
          sleepers = sleepers.filter((other) => other.wake !== wake);
          resolve();
        };
        signal.addEventListener("abort", wake, { once: true });
        sleepers.push({ atMs: nowMs + ms, wake });
      }),
    async advance(ms) {
      const endMs = nowMs + ms;
      await settle();
      for (;;) {
        const next = sleepers.toSorted((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined || next.atMs > endMs) break;
        nowMs = next.atMs;
        next.wake();
        await settle();
      }
      nowMs = endMs;
    },
    async standStill(ms) {
      nowMs += ms;
      for (const { atMs, wake } of sleepers.slice()) if (atMs <= nowMs) wake();
      await settle();
    },
  };
}

/** Lets everything that can go on without time go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await nextTurn();
}
