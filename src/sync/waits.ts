/** How long a station waits. `chance` is a random number in [0, 1). */

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 300_000;
/** Keeps a run of unlucky draws from becoming a busy loop. */
const SHORTEST_WAIT_MS = 50;
const REFUSED_WAIT_MS = 300_000;
const LONGEST_RETRY_AFTER_SPREAD_MS = 60_000;

/** Full jitter: anything from nothing to 2 s × 2ⁿ, at most 300 s. */
export function backoffMs(doublings: number, chance: number): number {
  const longestMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(doublings, 30));
  return Math.max(SHORTEST_WAIT_MS, Math.round(longestMs * chance));
}

/** Between two tries while the province refuses us. */
export function slowPaceMs(chance: number): number {
  return Math.round(REFUSED_WAIT_MS * (0.5 + chance));
}

/**
 * When the server named `afterMs`: its own wait is a floor; what is added keeps those apart who were all told the same. It
 * stays below a minute: a server that names a time is well, and whoever waited five minutes more would find it idle.
 */
export function toldMs(afterMs: number, failures: number, chance: number): number {
  const spreadMs = chance * Math.min(afterMs, LONGEST_RETRY_AFTER_SPREAD_MS);
  const backedOffMs = Math.min(backoffMs(failures, chance), LONGEST_RETRY_AFTER_SPREAD_MS);
  return afterMs + Math.round(Math.max(spreadMs, backedOffMs));
}
