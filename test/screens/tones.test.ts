import { describe, expect, test } from "vitest";
import type { VerdictKind } from "#contract/bridge.ts";
import { renderTone, toneMs } from "#renderer/tones.ts";

const RATE = 48_000;
const kinds: readonly VerdictKind[] = ["in", "out", "notice", "unknown", "stop"];

/** Strength of one frequency in a piece of sound (Goertzel). */
function strength(samples: Float32Array, hz: number): number {
  let real = 0;
  let imaginary = 0;
  for (const [index, sample] of samples.entries()) {
    const angle = (2 * Math.PI * hz * index) / RATE;
    real += sample * Math.cos(angle);
    imaginary += sample * Math.sin(angle);
  }
  return (2 * Math.hypot(real, imaginary)) / samples.length;
}

function piece(kind: VerdictKind, fromMs: number, toMs: number): Float32Array {
  return renderTone(kind, RATE).subarray((fromMs * RATE) / 1000, (toMs * RATE) / 1000);
}

function strongest(samples: Float32Array, candidates: readonly number[]): number | undefined {
  return candidates.toSorted((a, b) => strength(samples, b) - strength(samples, a))[0];
}

describe("the sounds", () => {
  const pitches = [330, 590, 700, 880, 1000];

  test.each(kinds)("%s is between 150 ms and 1 s, without clicks and without clipping", (kind) => {
    const samples = renderTone(kind, RATE);

    expect(toneMs(kind)).toBeGreaterThanOrEqual(150);
    expect(toneMs(kind)).toBeLessThanOrEqual(1000);
    expect(Math.max(...samples)).toBeLessThanOrEqual(0.81);
    expect(Math.max(...samples)).toBeGreaterThan(0.2);
    expect(samples[0]).toBe(0);
    expect(Math.abs(samples.at(-1) ?? 1)).toBeLessThan(0.02);
  });

  test("an entry is one steady 880 Hz, an exit falls to 590 Hz", () => {
    expect(strongest(piece("in", 20, 140), pitches)).toBe(880);
    expect(strongest(piece("out", 5, 40), pitches)).toBe(880);
    expect(strongest(piece("out", 190, 215), pitches)).toBe(590);
  });

  test("a notice is two tones of 700 Hz with silence between", () => {
    expect(strongest(piece("notice", 10, 110), pitches)).toBe(700);
    expect(Math.max(...piece("notice", 125, 195))).toBe(0);
    expect(strongest(piece("notice", 210, 310), pitches)).toBe(700);
  });

  test("an unknown is a low double buzz, a stop goes 1000-700-1000", () => {
    expect(strongest(piece("unknown", 10, 170), pitches)).toBe(330);
    expect(strongest(piece("stop", 10, 190), pitches)).toBe(1000);
    expect(strongest(piece("stop", 240, 420), pitches)).toBe(700);
    expect(strongest(piece("stop", 470, 650), pitches)).toBe(1000);
  });

  test("of a lane can be told from its neighbours' by pitch, and what warns is the same everywhere", () => {
    const heard = [880, 880 * 1.26, 880 * 0.75];
    const of = (kind: "in" | "stop", lane: "normal" | "low" | "high") =>
      renderTone(kind, RATE, lane).subarray(480, 6_720);

    expect(strongest(of("in", "normal"), heard)).toBe(880);
    expect(strongest(of("in", "high"), heard)).toBe(880 * 1.26);
    expect(strongest(of("in", "low"), heard)).toBe(880 * 0.75);
    expect(of("stop", "low")).toEqual(of("stop", "normal"));
  });

  test("a tick is short and soft, an alarm is neither", () => {
    const tick = renderTone("tick", RATE);

    expect(toneMs("tick")).toBeLessThan(50);
    expect(Math.max(...tick)).toBeLessThan(0.25);
    expect(toneMs("alarm")).toBeGreaterThan(900);
    expect(Math.max(...renderTone("alarm", RATE))).toBeGreaterThan(0.3);
  });

  test("no two sounds have the same length and pitch", () => {
    const marks = kinds.map((kind) => `${toneMs(kind)} ${strongest(piece(kind, 5, 60), pitches)}`);

    expect(new Set(marks).size).toBe(kinds.length);
  });
});
