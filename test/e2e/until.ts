import { setTimeout as sleep } from "node:timers/promises";

/** Waits until the claim holds; fails loudly after `withinMs`. */
export async function until(
  claim: () => boolean | Promise<boolean>,
  what: string,
  withinMs: number,
  everyMs = 20,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await claim())) {
    if (performance.now() > deadline) {
      throw new Error(`still waiting after ${withinMs} ms: ${what}`);
    }
    await sleep(everyMs);
  }
}
