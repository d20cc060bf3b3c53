import * as fc from "fast-check";
import type { Sighting } from "#server/tracing/pair.ts";
import type { Stay } from "#server/tracing/meeting.ts";
import type { Moment } from "#server/tracing/visit.ts";

export const MINUTE_MS = 60_000;
/** 24 November 2026, 06:00 in Vietnam. */
export const MORNING_MS = Date.UTC(2026, 10, 23, 23, 0);

/** Some hours around 07:00 in Vietnam, where a day of UTC begins, in whole minutes. */
export const minute = fc.integer({ min: 0, max: 300 }).map((at) => MORNING_MS + at * MINUTE_MS);

/** A moment that is known exactly, or is not. */
export const anyMoment = fc
  .tuple(minute, fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 }))
  .map(([loMs, before, after]): Moment => {
    const midMs = loMs + before * MINUTE_MS;
    return { loMs, midMs, hiMs: midMs + after * MINUTE_MS };
  });

export function exactly(atMs: number): Moment {
  return { loMs: atMs, midMs: atMs, hiMs: atMs };
}

/** A stay whose exit can only be after its entry. */
export const anyStay: fc.Arbitrary<Stay> = fc
  .record({
    place: fc.constantFrom("p-one", "p-two"),
    zone: fc.constantFrom(null, null, "z-one", "z-two"),
    entered: anyMoment,
    stayed: fc.integer({ min: 0, max: 120 }),
    doubt: fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 })),
  })
  .map(({ place, zone, entered, stayed, doubt }) => {
    const loMs = entered.hiMs + stayed * MINUTE_MS;
    const midMs = loMs + doubt[0] * MINUTE_MS;
    return { place, zone, entered, left: { loMs, midMs, hiMs: midMs + doubt[1] * MINUTE_MS } };
  });

export const anyLingering = fc.constantFrom(0, 15 * MINUTE_MS, 30 * MINUTE_MS);

/** What gates saw of one person in two days: exact and wrong clocks, seen and guessed directions, repeats, gaps. */
export const anySightings: fc.Arbitrary<readonly Sighting[]> = fc
  .array(
    fc.record({
      place: fc.constantFrom("p-shop", "p-office", "p-untyped"),
      direction: fc.constantFrom("in", "in", "out"),
      isDirectionSeen: fc.boolean(),
      at: fc.integer({ min: 0, max: 2_880 }),
      errorMs: fc.constantFrom(0, 0, 5_000, MINUTE_MS, 10 * MINUTE_MS),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((seen) =>
    seen.map(({ place, direction, isDirectionSeen, at, errorMs }, index) => ({
      eventId: `event-${String(index).padStart(2, "0")}`,
      subject: "00".repeat(16),
      place,
      zone: null,
      gate: `g-${place}`,
      direction: direction === "in" ? "in" : "out",
      isDirectionSeen,
      atMs: MORNING_MS + at * MINUTE_MS,
      errorMs,
    })),
  );
