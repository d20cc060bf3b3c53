import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "#core/ports.ts";

/** The machine's clock: device tests run in real time. */
export const realClock: Clock = {
  nowMs: () => Date.now(),
  monoMs: () => performance.now(),
  async sleep(ms, signal) {
    await wait(ms, undefined, { signal }).catch(() => {});
  },
};

/** Waits until the claim holds; fails loudly after `withinMs`. */
export async function until(claim: () => boolean, what: string, withinMs = 8_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!claim()) {
    if (performance.now() > deadline)
      throw new Error(`still waiting after ${withinMs} ms: ${what}`);
    await wait(5);
  }
}
