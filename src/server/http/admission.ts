import type { Clock } from "#core/ports.ts";

/** Counts work under way, and says no before the work is done in vain. */
export type Admission = {
  /** Null when there is no room; else the function that gives the room back, which may be called twice. */
  enter(): (() => void) | null;
  /** Share of the room that is taken, 0 to 1. */
  load(): number;
};

export function createAdmission(limit: number): Admission {
  let inside = 0;
  return {
    enter() {
      if (inside >= limit) return null;
      inside += 1;
      let isInside = true;
      return () => {
        if (!isInside) return;
        isInside = false;
        inside -= 1;
      };
    },
    load: () => inside / limit,
  };
}

/** At most so many for each name in a window of the monotonic clock; all windows begin together. */
export type RateLimit = {
  /** Counts one more, if there is room for it. */
  allows(name: string): boolean;
  /** Seconds until the next window, at least 1. */
  retryAfterS(): number;
};

const MINUTE_MS = 60_000;
/** Names remembered within one window; what comes beyond them is refused. */
const MAX_NAMES = 50_000;

export function createRateLimit(
  perWindow: number,
  clock: Clock,
  windowMs: number = MINUTE_MS,
): RateLimit {
  const counts = new Map<string, number>();
  let window = -1;
  return {
    allows(name) {
      const current = Math.floor(clock.monoMs() / windowMs);
      if (current !== window) {
        counts.clear();
        window = current;
      }
      const count = (counts.get(name) ?? 0) + 1;
      if (count > perWindow || (count === 1 && counts.size >= MAX_NAMES)) return false;
      counts.set(name, count);
      return true;
    },
    retryAfterS: () => Math.max(1, Math.ceil((windowMs - (clock.monoMs() % windowMs)) / 1000)),
  };
}
