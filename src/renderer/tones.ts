import type { LaneSound, VerdictKind } from "#contract/bridge.ts";

/** What can be heard: a verdict, the tick of a swallowed scan, the alarm of a lost scanner. */
export type SoundKind = VerdictKind | "tick" | "alarm";

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

const tones: Readonly<Record<SoundKind, Tone>> = {
  in: { beeps: [beep(880, 160)], overtones: mild },
  out: { beeps: [{ fromHz: 880, toHz: 590, ms: 220, restMs: 0 }], overtones: mild },
  notice: { beeps: [beep(700, 120, 80), beep(700, 120)], overtones: mild },
  unknown: { beeps: [beep(330, 180, 70), beep(330, 180)], overtones: harsh },
  stop: { beeps: [beep(1000, 200, 30), beep(700, 200, 30), beep(1000, 200)], overtones: harsh },
  tick: { beeps: [beep(1000, 30)], overtones: [1] },
  alarm: {
    beeps: [beep(500, 250, 150), beep(500, 250, 150), beep(500, 250)],
    overtones: harsh,
  },
};

/** How much of the full loudness: a tick says that nothing happened. */
const loudnessOf = (kind: SoundKind) => (kind === "tick" ? 0.25 : 1);

/** A third higher, a fourth lower: neighbours differ for every ear. What warns sounds the same everywhere. */
const pitches: Readonly<Record<LaneSound, number>> = { normal: 1, high: 1.26, low: 0.75 };

/** How much higher a sound is at a lane. */
export function pitchOf(kind: SoundKind, lane: LaneSound): number {
  return kind === "in" || kind === "out" || kind === "notice" ? pitches[lane] : 1;
}

/** Rise and fall of every beep, against clicks. */
const EDGE_MS = 6;
const PEAK = 0.8;

/** Length of a sound in milliseconds. */
export function toneMs(kind: SoundKind): number {
  return tones[kind].beeps.reduce((sum, { ms, restMs }) => sum + ms + restMs, 0);
}

/** The samples of a sound, between -1 and 1: made once at start, so that playing costs nothing. */
export function renderTone(
  kind: SoundKind,
  sampleRate: number,
  lane: LaneSound = "normal",
): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(Math.ceil((toneMs(kind) / 1000) * sampleRate));
  const { beeps, overtones } = tones[kind];
  let start = 0;
  const pitch = pitchOf(kind, lane);
  for (const one of beeps) {
    const pitched = { ...one, fromHz: one.fromHz * pitch, toHz: one.toHz * pitch };
    renderBeep(samples.subarray(samplesIn(start, sampleRate)), pitched, overtones, sampleRate);
    start += one.ms + one.restMs;
  }
  const loudness = loudnessOf(kind);
  return loudness === 1 ? samples : samples.map((sample) => sample * loudness);
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
