import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { overlapOf } from "#server/tracing/overlap.ts";
import type { Stay } from "#server/tracing/meeting.ts";
import type { Overlap } from "#server/tracing/overlap.ts";
import { doZonesMeet } from "#server/tracing/visit.ts";
import { MINUTE_MS, MORNING_MS, anyLingering, anyStay, exactly } from "./worlds.ts";

/** Where several doubtful stays of one person overlap, the mean is taken in steps and not exactly. */
const MOST_ERROR_MS = 1_000;
const stays = fc.array(anyStay, { minLength: 1, maxLength: 4 });

function together(index: readonly Stay[], others: readonly Stay[], lingeringMs = 0): Overlap {
  const pairs = index.flatMap((one) => others.map((other) => ({ index: one, other })));
  return overlapOf(pairs, lingeringMs);
}

function stay(from: number, to: number, change: Partial<Stay> = {}): Stay {
  const at = (minutes: number) => exactly(MORNING_MS + minutes * MINUTE_MS);
  return { place: "p-one", zone: null, entered: at(from), left: at(to), ...change };
}

function minutes({ certainMs, expectedMs, possibleMs }: Overlap): readonly number[] {
  return [certainMs, expectedMs, possibleMs].map((ms) => ms / MINUTE_MS);
}

/** How far the expected times are apart; endless where the certain or the possible differ at all. */
function distanceMs(one: Overlap, other: Overlap): number {
  const isSame = one.certainMs === other.certainMs && one.possibleMs === other.possibleMs;
  return isSame ? Math.abs(one.expectedMs - other.expectedMs) : Number.POSITIVE_INFINITY;
}

describe("time together", () => {
  test("is the same three times when everything was seen", () => {
    expect(minutes(together([stay(0, 60)], [stay(30, 90)]))).toEqual([30, 30, 30]);
  });

  test("goes on for the lingering time after the index person has left, and not before the entry", () => {
    expect(minutes(together([stay(0, 60)], [stay(70, 90)], 15 * MINUTE_MS))).toEqual([5, 5, 5]);
    expect(minutes(together([stay(70, 90)], [stay(0, 60)], 15 * MINUTE_MS))).toEqual([0, 0, 0]);
  });

  test("of an exit that may be at any time is half of it to be expected", () => {
    const [loMs, midMs, hiMs] = [0, 30, 60].map((at) => MORNING_MS + at * MINUTE_MS);
    const unsure = stay(0, 0, { left: { loMs: loMs!, midMs: midMs!, hiMs: hiMs! } });

    const [certain, expected, possible] = minutes(together([unsure], [stay(0, 60)]));

    expect([certain, possible]).toEqual([0, 60]);
    expect(expected).toBeCloseTo(30, 6);
  });

  test("is the union over the stays of the index persons, never the sum", () => {
    expect(minutes(together([stay(0, 60), stay(30, 90)], [stay(0, 120)]))).toEqual([90, 90, 90]);
  });

  test("does not know midnight, of UTC or of anywhere", () => {
    const overSeven = together([stay(30, 90)], [stay(45, 120)]);
    const overMidnight = together([stay(1_050, 1_110)], [stay(1_065, 1_140)]);

    expect(minutes(overSeven)).toEqual([45, 45, 45]);
    expect(minutes(overMidnight)).toEqual([45, 45, 45]);
  });

  test("is zero in other places and in zones that do not meet", () => {
    expect(minutes(together([stay(0, 60)], [stay(0, 60, { place: "p-two" })]))).toEqual([0, 0, 0]);
    const [hall, yard] = ["hall", "yard"].map((zone) => stay(0, 60, { zone }));
    expect(minutes(together([hall!], [yard!]))).toEqual([0, 0, 0]);
    expect(minutes(together([hall!], [stay(0, 60)]))).toEqual([60, 60, 60]);
  });

  test("is certain ≤ expected ≤ possible", () => {
    fc.assert(
      fc.property(stays, stays, anyLingering, (index, others, lingeringMs) => {
        const { certainMs, expectedMs, possibleMs } = together(index, others, lingeringMs);

        expect(certainMs).toBeGreaterThanOrEqual(0);
        expect(certainMs).toBeLessThanOrEqual(expectedMs + 1e-6);
        expect(expectedMs).toBeLessThanOrEqual(possibleMs + 1e-6);
      }),
      { numRuns: 1_000 },
    );
  });

  test("is symmetric without lingering", () => {
    fc.assert(
      fc.property(stays, stays, (one, other) => {
        expect(distanceMs(together(one, other), together(other, one))).toBeLessThan(MOST_ERROR_MS);
      }),
      { numRuns: 500 },
    );
  });

  test("grows when a stay is widened: all three when it is known, the possible when it is doubted", () => {
    fc.assert(
      fc.property(stays, anyStay, fc.nat({ max: 60 }), (index, other, more) => {
        const byMs = more * MINUTE_MS;
        const { entered, left } = other;
        const later = { loMs: left.loMs + byMs, midMs: left.midMs + byMs, hiMs: left.hiMs + byMs };
        const doubted = { ...left, hiMs: left.hiMs + byMs };
        const earlier = { ...entered, loMs: entered.loMs - byMs };

        const before = together(index, [other]);
        const longer = together(index, [{ ...other, left: later }]);
        const unsure = together(index, [{ ...other, entered: earlier, left: doubted }]);

        expect(longer.certainMs).toBeGreaterThanOrEqual(before.certainMs);
        expect(longer.expectedMs).toBeGreaterThanOrEqual(before.expectedMs - MOST_ERROR_MS);
        expect(longer.possibleMs).toBeGreaterThanOrEqual(before.possibleMs);
        expect(unsure.possibleMs).toBeGreaterThanOrEqual(before.possibleMs);
        expect(unsure.certainMs).toBeLessThanOrEqual(before.certainMs);
      }),
      { numRuns: 500 },
    );
  });

  test("grows with the lingering time", () => {
    fc.assert(
      fc.property(stays, stays, fc.nat({ max: 60 }), (index, others, more) => {
        const short = together(index, others, 0);
        const long = together(index, others, more * MINUTE_MS);

        expect(long.certainMs).toBeGreaterThanOrEqual(short.certainMs);
        expect(long.expectedMs).toBeGreaterThanOrEqual(short.expectedMs - MOST_ERROR_MS);
        expect(long.possibleMs).toBeGreaterThanOrEqual(short.possibleMs);
      }),
      { numRuns: 500 },
    );
  });

  test("is unchanged when a stay is split in two that touch", () => {
    fc.assert(
      fc.property(
        anyStay,
        stays,
        anyLingering,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (whole, others, lingeringMs, share) => {
          const { entered, left } = whole;
          const cut = exactly(Math.round(entered.hiMs + share * (left.loMs - entered.hiMs)));
          const halves = [
            { ...whole, left: cut },
            { ...whole, entered: cut },
          ];

          expect(
            distanceMs(
              together(halves, others, lingeringMs),
              together([whole], others, lingeringMs),
            ),
          ).toBeLessThan(MOST_ERROR_MS);
          expect(
            distanceMs(
              together(others, halves, lingeringMs),
              together(others, [whole], lingeringMs),
            ),
          ).toBeLessThan(MOST_ERROR_MS);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("is unchanged by the order of stays", () => {
    fc.assert(
      fc.property(stays, stays, anyLingering, (index, others, lingeringMs) => {
        const forwards = together(index, others, lingeringMs);
        const backwards = together(index.toReversed(), others.toReversed(), lingeringMs);

        expect(distanceMs(forwards, backwards)).toBeLessThan(MOST_ERROR_MS);
      }),
      { numRuns: 500 },
    );
  });

  test("of one meeting is the same when the meeting is told twice, which takes the way of several", () => {
    fc.assert(
      fc.property(anyStay, anyStay, anyLingering, (index, other, lingeringMs) => {
        const once = together([index], [other], lingeringMs);
        const twice = together([index, index], [other], lingeringMs);

        expect(distanceMs(once, twice)).toBeLessThan(1e-3);
      }),
      { numRuns: 1_000 },
    );
  });

  test("is what counting every ten seconds finds", () => {
    fc.assert(
      fc.property(stays, stays, anyLingering, (index, others, lingeringMs) => {
        const found = together(index, others, lingeringMs);
        const counted = countTogether(index, others, lingeringMs);

        expect(found.certainMs).toBe(counted.certainMs);
        expect(found.possibleMs).toBe(counted.possibleMs);
        expect(Math.abs(found.expectedMs - counted.expectedMs)).toBeLessThan(MINUTE_MS);
      }),
      { numRuns: 200 },
    );
  });
});

/** Independent of the program: looks at the middle of every ten seconds. Moments are whole minutes, so this is exact for certain and possible. */
function countTogether(
  index: readonly Stay[],
  others: readonly Stay[],
  lingeringMs: number,
): Overlap {
  const stepMs = 10_000;
  const total = { certainMs: 0, expectedMs: 0, possibleMs: 0 };
  const chances = (one: Stay, atMs: number, moreMs: number) => {
    const inside = chanceThat(one.entered, atMs);
    const gone = chanceThat(one.left, atMs - moreMs);
    return inside * (1 - gone);
  };
  for (let atMs = MORNING_MS + stepMs / 2; atMs < MORNING_MS + 900 * MINUTE_MS; atMs += stepMs) {
    let best = 0;
    for (const one of index) {
      for (const other of others) {
        if (one.place !== other.place || !doZonesMeet(one.zone, other.zone)) continue;
        best = Math.max(best, chances(one, atMs, lingeringMs) * chances(other, atMs, 0));
      }
    }
    if (best === 1) total.certainMs += stepMs;
    if (best > 0) total.possibleMs += stepMs;
    total.expectedMs += best * stepMs;
  }
  return total;
}

function chanceThat(when: Stay["left"], atMs: number): number {
  const points = [
    [when.loMs, 0],
    [when.midMs, 0.5],
    [when.hiMs, 1],
  ] as const;
  if (atMs <= when.loMs) return 0;
  for (const [index, [endMs, end]] of points.entries()) {
    const start = points[index - 1];
    if (start === undefined || atMs > endMs) continue;
    return start[1] + ((atMs - start[0]) / (endMs - start[0])) * (end - start[1]);
  }
  return 1;
}
