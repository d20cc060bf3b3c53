/** Waits before another start of something that keeps ending. */
export type Backoff = {
  /** Milliseconds to wait now: 250, 500, 1,000 … 30,000; from the beginning after half a minute without a call. */
  nextMs(): number;
};

const FIRST_MS = 250;
const MOST_MS = 30_000;
const GOOD_AFTER_MS = 30_000;

/** `nowMs` may be any clock that does not run backwards by much. */
export function createBackoff(nowMs: () => number): Backoff {
  let failures = 0;
  let dueAtMs = Number.NEGATIVE_INFINITY;
  return {
    nextMs() {
      const hasHeld = nowMs() - dueAtMs >= GOOD_AFTER_MS;
      failures = hasHeld ? 0 : failures + 1;
      const waitMs = Math.min(MOST_MS, FIRST_MS * 2 ** failures);
      dueAtMs = nowMs() + waitMs;
      return waitMs;
    },
  };
}
