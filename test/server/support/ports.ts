import { createHash } from "node:crypto";
import type { Clock, Random } from "#core/ports.ts";

/** A clock that stands still until it is moved; sleepers wake when their time has come. */
export type TestClock = Clock & { advance(ms: number): void; setNow(ms: number): void };

export function testClock(startMs = Date.UTC(2026, 10, 24, 2, 0, 0)): TestClock {
  let nowMs = startMs;
  let monoMs = 1_000;
  const sleepers = new Set<{ readonly atMs: number; readonly wake: () => void }>();
  return {
    nowMs: () => nowMs,
    monoMs: () => monoMs,
    sleep(ms, signal) {
      if (signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const sleeper = {
          atMs: monoMs + ms,
          wake: () => {
            sleepers.delete(sleeper);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal.addEventListener("abort", sleeper.wake, { once: true });
      });
    },
    advance(ms) {
      nowMs += ms;
      monoMs += ms;
      for (const sleeper of Array.from(sleepers)) if (sleeper.atMs <= monoMs) sleeper.wake();
    },
    setNow(ms) {
      nowMs = ms;
    },
  };
}

/** The same bytes for the same seed, always. */
export function seededRandom(seed: string): Random {
  let counter = 0;
  const block = () => {
    counter += 1;
    return createHash("sha256").update(`${seed}:${counter}`).digest();
  };
  return {
    bytes(count) {
      const blocks: Buffer[] = [];
      for (let have = 0; have < count; have += 32) blocks.push(block());
      return new Uint8Array(Buffer.concat(blocks).subarray(0, count));
    },
    fraction: () => block().readUInt32BE() / 2 ** 32,
  };
}
