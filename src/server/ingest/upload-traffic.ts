import type { Clock } from "#core/ports.ts";

/** Whether uploads come in at this moment: work that can wait steps back behind them. */
export type UploadTraffic = {
  /** A batch was stored. */
  came(): void;
  /** How long background work rests after a step that took so long; milliseconds. */
  restMs(tookMs: number): number;
};

/** So long after the last batch the next one may still be expected. */
const LULL_MS = 1_000;
/** One step of ten: background work has at most a tenth of a machine that uploads want. */
const SHARE = 10;
/** However slow a step was, the next one comes: work that waits never stands still. */
const LONGEST_REST_MS = 2_000;

export function createUploadTraffic(clock: Clock): UploadTraffic {
  let lastMonoMs = Number.NEGATIVE_INFINITY;
  return {
    came() {
      lastMonoMs = clock.monoMs();
    },
    restMs(tookMs) {
      const isQuiet = clock.monoMs() - lastMonoMs > LULL_MS;
      return isQuiet ? 0 : Math.min(LONGEST_REST_MS, tookMs * (SHARE - 1));
    },
  };
}
