import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pair } from "#server/tracing/pair.ts";
import type { PlaceFacts, Sighting } from "#server/tracing/pair.ts";
import { LONGEST_SPAN_MS, LONGEST_STAY_MS } from "#server/tracing/visit.ts";
import { MINUTE_MS, MORNING_MS, anySightings } from "./worlds.ts";

const HOUR_MS = 60 * MINUTE_MS;
const facts: Readonly<Record<string, PlaceFacts>> = {
  "p-shop": { type: "shop", closesMinutes: [] },
  "p-office": { type: "office", closesMinutes: [1, 2, 3, 4, 5, 6, 7].map(() => 18 * 60) },
  "p-untyped": { type: null, closesMinutes: [] },
};
const factsOf = (place: string) => facts[place]!;

function sighting(change: Partial<Sighting>): Sighting {
  return {
    eventId: "event-1",
    subject: "00".repeat(16),
    place: "p-shop",
    zone: null,
    gate: "g-1",
    direction: "in",
    isDirectionSeen: true,
    atMs: MORNING_MS,
    errorMs: 0,
    ...change,
  };
}

function minutesOf(ms: number): number {
  return (ms - MORNING_MS) / MINUTE_MS;
}

describe("pairing", () => {
  test("an entry and the exit after it are one visit, known up to the clocks", () => {
    const visits = pair(
      [
        sighting({ errorMs: 2_000 }),
        sighting({
          eventId: "event-2",
          direction: "out",
          atMs: MORNING_MS + HOUR_MS,
          errorMs: 500,
        }),
      ],
      factsOf,
    );

    expect(visits).toHaveLength(1);
    expect(visits[0]).toMatchObject({ eventId: "event-1", exitKnown: "seen", isEntrySeen: true });
    expect(visits[0]?.entered.loMs).toBe(MORNING_MS - 2_000);
    expect(visits[0]?.entered.hiMs).toBe(MORNING_MS + 2_000);
    expect(visits[0]?.left.hiMs).toBe(MORNING_MS + HOUR_MS + 500);
  });

  test("who is seen elsewhere has left before, and nobody says when", () => {
    const [first] = pair(
      [
        sighting({ place: "p-office" }),
        sighting({ eventId: "event-2", atMs: MORNING_MS + 2 * HOUR_MS }),
      ],
      factsOf,
    );

    expect(first?.exitKnown).toBe("next-sighting");
    expect(minutesOf(first!.left.loMs)).toBe(20);
    expect(minutesOf(first!.left.hiMs)).toBe(120);
  });

  test("a second entry at the same door ends the visit before it", () => {
    const visits = pair(
      [sighting({}), sighting({ eventId: "event-2", atMs: MORNING_MS + 10 * MINUTE_MS })],
      factsOf,
    );

    expect(visits.map((visit) => visit.exitKnown)).toEqual(["next-sighting", "model"]);
    expect(minutesOf(visits[0]!.left.hiMs)).toBe(10);
  });

  test("a place that closes ends what is left of the day's visits", () => {
    const lateMs = MORNING_MS + 11 * HOUR_MS;

    const [visit] = pair([sighting({ place: "p-office", atMs: lateMs })], factsOf);

    expect(visit?.exitKnown).toBe("place-closed");
    expect(visit?.left.hiMs).toBe(MORNING_MS + 12 * HOUR_MS);
  });

  test("without any other sign the type of the place guesses, and without a type only the longest stay", () => {
    const [shop] = pair([sighting({})], factsOf);
    const [untyped] = pair([sighting({ place: "p-untyped" })], factsOf);

    expect(shop?.exitKnown).toBe("model");
    expect(minutesOf(shop!.left.midMs)).toBe(20);
    expect(untyped?.exitKnown).toBe("unknown");
    expect(untyped!.left.hiMs - MORNING_MS).toBe(LONGEST_STAY_MS);
  });

  test("a guessed exit is never shown as a seen one", () => {
    const [visit] = pair(
      [
        sighting({}),
        sighting({
          eventId: "event-2",
          direction: "out",
          isDirectionSeen: false,
          atMs: MORNING_MS + HOUR_MS,
        }),
      ],
      factsOf,
    );

    expect(visit?.exitKnown).toBe("next-sighting");
    expect(minutesOf(visit!.left.midMs)).toBe(60);
    expect(minutesOf(visit!.left.loMs)).toBe(3);
  });

  test("an exit whose entry nobody saw is a visit that began after the person was last seen", () => {
    const visits = pair(
      [
        sighting({ place: "p-office", direction: "out" }),
        sighting({ eventId: "event-2", direction: "out", atMs: MORNING_MS + 30 * MINUTE_MS }),
      ],
      factsOf,
    );

    expect(visits.map((visit) => visit.isEntrySeen)).toEqual([false, false]);
    expect(minutesOf(visits[1]!.entered.loMs)).toBe(0);
    expect(minutesOf(visits[1]!.entered.midMs)).toBe(10);
  });

  test("the order of arrival does not matter", () => {
    fc.assert(
      fc.property(anySightings, fc.infiniteStream(fc.nat()), (sightings, dice) => {
        const shuffled = sightings.toSorted(() => ((dice.next().value ?? 0) % 3) - 1);

        expect(pair(shuffled, factsOf)).toEqual(pair(sightings, factsOf));
      }),
      { numRuns: 500 },
    );
  });

  test("every entry is one visit, and every moment of it is in order and within the longest span", () => {
    fc.assert(
      fc.property(anySightings, (sightings) => {
        const visits = pair(sightings, factsOf);

        const ids = visits.map((visit) => visit.eventId);
        expect(new Set(ids).size).toBe(ids.length);
        for (const entry of sightings.filter((one) => one.direction === "in")) {
          expect(ids).toContain(entry.eventId);
        }
        for (const { entered, left } of visits) {
          expect(entered.loMs).toBeLessThanOrEqual(entered.midMs);
          expect(entered.midMs).toBeLessThanOrEqual(entered.hiMs);
          expect(left.loMs).toBeLessThanOrEqual(left.midMs);
          expect(left.midMs).toBeLessThanOrEqual(left.hiMs);
          expect(entered.midMs).toBeLessThanOrEqual(left.midMs);
          expect(left.hiMs - entered.loMs).toBeLessThanOrEqual(LONGEST_SPAN_MS);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("a visit depends only on what was seen within the longest stay of its event", () => {
    fc.assert(
      fc.property(anySightings, fc.nat(), (sightings, choice) => {
        const centre = sightings[choice % sightings.length]!;
        const near = sightings.filter((one) => Math.abs(one.atMs - centre.atMs) <= LONGEST_STAY_MS);

        const about = (visits: ReturnType<typeof pair>) =>
          visits.filter((visit) => visit.eventId === centre.eventId);
        expect(about(pair(near, factsOf))).toEqual(about(pair(sightings, factsOf)));
      }),
      { numRuns: 500 },
    );
  });
});
