import type { VerdictKind } from "#contract/bridge.ts";

/** One beep: from `fromHz` gliding to `toHz`, then silence. */
type Beep = {
  readonly fromHz: number;
  readonly toHz: number;
  readonly ms: number;
  readonly restMs: number;
};

/** A sound that can be told apart by ear alone; small speakers and old ears live between 300 and 1,200 Hz. */
type Tone = {
  readonly beeps: readonly Beep[];
  /** Strength of the fundamental and its overtones. */
  readonly overtones: readonly number[];
};

const beep = (hz: number, ms: number, restMs = 0): Beep => ({ fromHz: hz, toHz: hz, ms, restMs });
const mild = [1, 0.35, 0.15];
const harsh = [1, 0.7, 0.6, 0.4, 0.3];

const tones: Readonly<Record<VerdictKind, Tone>> = {
  in: { beeps: [beep(880, 160)], overtones: mild },
  out: { beeps: [{ fromHz: 880, toHz: 590, ms: 220, restMs: 0 }], overtones: mild },
  notice: { beeps: [beep(700, 120, 80), beep(700, 120)], overtones: mild },
  unknown: { beeps: [beep(330, 180, 70), beep(330, 180)], overtones: harsh },
  stop: { beeps: [beep(1000, 200, 30), beep(700, 200, 30), beep(1000, 200)], overtones: harsh },
};

/** Rise and fall of every beep, against clicks. */
const EDGE_MS = 6;
const PEAK = 0.8;

/** Length of a verdict's sound in milliseconds. */
export function toneMs(kind: VerdictKind): number {
  return tones[kind].beeps.reduce((sum, { ms, restMs }) => sum + ms + restMs, 0);
}

/** The samples of a verdict's sound, between -1 and 1: made once at start, so that playing costs nothing. */
export function renderTone(kind: VerdictKind, sampleRate: number): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(Math.ceil((toneMs(kind) / 1000) * sampleRate));
  const { beeps, overtones } = tones[kind];
  let start = 0;
  for (const one of beeps) {
    renderBeep(samples.subarray(samplesIn(start, sampleRate)), one, overtones, sampleRate);
    start += one.ms + one.restMs;
  }
  return samples;
}

function renderBeep(
  target: Float32Array<ArrayBuffer>,
  { fromHz, toHz, ms }: Beep,
  overtones: readonly number[],
  sampleRate: number,
): void {
  const count = Math.min(samplesIn(ms, sampleRate), target.length);
  const edge = samplesIn(EDGE_MS, sampleRate);
  const loudness = PEAK / overtones.reduce((sum, part) => sum + part, 0);
  let phase = 0;
  for (let index = 0; index < count; index += 1) {
    const envelope = Math.min(1, index / edge, (count - 1 - index) / edge);
    const sum = overtones.reduce((sound, part, n) => sound + part * Math.sin((n + 1) * phase), 0);
    target[index] = loudness * envelope * sum;
    const hz = fromHz + ((toHz - fromHz) * index) / count;
    phase += (2 * Math.PI * hz) / sampleRate;
  }
}

function samplesIn(ms: number, sampleRate: number): number {
  return Math.round((ms / 1000) * sampleRate);
}
