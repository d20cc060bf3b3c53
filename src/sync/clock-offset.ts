import type { Clock } from "#core/ports.ts";
import type { RoundTrip } from "#sync/signed-exchange.ts";

/** Server minus wall clock, and how far the truth can be from it. Milliseconds. */
export type OffsetNow = { readonly offsetMs: number; readonly errorMs: number };

/** The wall clock moved by itself against the monotonic clock. `byMs` is positive for a jump forward. */
export type ClockJump = { readonly byMs: number; readonly wallMs: number; readonly monoMs: number };

/** What this boot knows of the province's time. */
export type ClockOffset = {
  /** A validly answered exchange: `serverMs` is taken to be the time at mid round trip. */
  addSample(serverMs: number, roundTrip: RoundTrip): void;
  /** Null until this boot has met the server. */
  current(): OffsetNow | null;
  /** Looks whether the wall clock jumped by more than two seconds since the last look; each jump is told once. */
  findJump(): ClockJump | null;
};

const SAMPLES_KEPT = 8;
const JUMP_MS = 2_000;
/** What cheap crystals drift, 50 parts per million: the longer the server was not met, the less is certain. */
const DRIFT = 50e-6;

/** `serverMs` at monotonic `midMonoMs`, with the round trip that bounds its error. */
type Sample = {
  readonly serverMs: number;
  readonly midMonoMs: number;
  readonly roundTripMs: number;
};

/**
 * The offset of one boot: the sample with the smallest round trip of the last eight, carried forward by the monotonic
 * clock, so that a wall clock set in between does not spoil it. Its error is half that round trip, plus drift since.
 */
export function createClockOffset(clock: Clock): ClockOffset {
  let samples: readonly Sample[] = [];
  let jumpedMs = 0;
  let lag = clock.nowMs() - clock.monoMs();

  return {
    addSample(serverMs, { startMonoMs, endMonoMs }) {
      const roundTripMs = endMonoMs - startMonoMs;
      const sample = { serverMs, midMonoMs: startMonoMs + roundTripMs / 2, roundTripMs };
      // What was measured before a jump is only kept as long as there is nothing better.
      const kept = jumpedMs > 0 ? [] : samples.slice(1 - SAMPLES_KEPT);
      samples = [...kept, sample];
      jumpedMs = 0;
    },
    current() {
      const best = bestOf(samples);
      if (best === null) return null;
      const ageMs = clock.monoMs() - best.midMonoMs;
      return {
        offsetMs: best.serverMs + ageMs - clock.nowMs(),
        errorMs: best.roundTripMs / 2 + ageMs * DRIFT + jumpedMs,
      };
    },
    findJump() {
      const wallMs = clock.nowMs();
      const monoMs = clock.monoMs();
      const byMs = wallMs - monoMs - lag;
      lag = wallMs - monoMs;
      if (Math.abs(byMs) <= JUMP_MS) return null;
      // Either somebody set the wall clock, or the machine slept and the monotonic clock stood still: nobody knows.
      jumpedMs += Math.abs(byMs);
      return { byMs, wallMs, monoMs };
    },
  };
}

function bestOf(samples: readonly Sample[]): Sample | null {
  return samples.reduce<Sample | null>(
    (best, sample) => (best === null || sample.roundTripMs <= best.roundTripMs ? sample : best),
    null,
  );
}
