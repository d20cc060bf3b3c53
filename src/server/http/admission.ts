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

/** At most `perMinute` for each name, counted in whole minutes of the monotonic clock. */
export type RateLimit = { allows(name: string): boolean };

const MINUTE_MS = 60_000;
/** Names remembered within one minute; what comes beyond them is refused. */
const MAX_NAMES = 50_000;

export function createRateLimit(perMinute: number, clock: Clock): RateLimit {
  const counts = new Map<string, number>();
  let minute = -1;
  return {
    allows(name) {
      const current = Math.floor(clock.monoMs() / MINUTE_MS);
      if (current !== minute) {
        counts.clear();
        minute = current;
      }
      const count = (counts.get(name) ?? 0) + 1;
      if (count > perMinute || (count === 1 && counts.size >= MAX_NAMES)) return false;
      counts.set(name, count);
      return true;
    },
  };
}
