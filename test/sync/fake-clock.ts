import type { Clock } from "#core/ports.ts";

/** Time that passes only when a test says so. */
export type FakeClock = Clock & {
  /** Lets `ms` pass, waking every sleeper at its moment, and everything that follows from it. */
  advance(ms: number): Promise<void>;
  /** Somebody sets the wall clock. */
  jumpWall(byMs: number): void;
  sleepers(): number;
};

type Sleeper = { readonly atMs: number; readonly wake: () => void };

export const NOON = Date.UTC(2026, 10, 24, 5, 0, 0);

/** `settle` lets everything happen that needs no time; a simulation with a real database waits for that too. */
export function createFakeClock(
  wallMs = NOON,
  monoMs = 1_000,
  settle: () => Promise<void> = letEverythingHappen,
): FakeClock {
  const sleepers = new Set<Sleeper>();
  let wall = wallMs;
  let mono = monoMs;

  const passTo = (atMs: number) => {
    wall += atMs - mono;
    mono = atMs;
  };

  return {
    nowMs: () => wall,
    monoMs: () => mono,
    sleep(ms, signal) {
      if (signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = () => {
          sleepers.delete(sleeper);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        const sleeper = { atMs: mono + ms, wake };
        sleepers.add(sleeper);
        signal.addEventListener("abort", wake, { once: true });
      });
    },
    async advance(ms) {
      const endMs = mono + ms;
      for (;;) {
        await settle();
        const next = earliest(sleepers);
        if (next === null || next.atMs > endMs) break;
        passTo(next.atMs);
        next.wake();
      }
      passTo(endMs);
      await settle();
    },
    jumpWall(byMs) {
      wall += byMs;
    },
    sleepers: () => sleepers.size,
  };
}

function earliest(sleepers: ReadonlySet<Sleeper>): Sleeper | null {
  let found: Sleeper | null = null;
  for (const sleeper of sleepers) if (found === null || sleeper.atMs < found.atMs) found = sleeper;
  return found;
}

/** All promises that can settle without time passing. */
export function letEverythingHappen(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
