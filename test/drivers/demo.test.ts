import { describe, expect, test } from "vitest";
import type { Random } from "#core/ports.ts";
import { createDemoCards } from "#drivers/demo-cards.ts";
import { createDemoDriver } from "#drivers/demo.ts";
import { keepsTheContract } from "./contract.ts";
import { createManualClock } from "./manual-clock.ts";
import { startReading } from "./reading.ts";
import { realClock } from "./real-clock.ts";

/** Chance from a seed (mulberry32): the same seed, the same cards. */
function seededRandom(seed: number): Random {
  let state = seed;
  const fraction = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    fraction,
    bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(fraction() * 256)),
  };
}

const atMs = Date.UTC(2026, 10, 24);
const cardsOf = (seed: number, count: number) => {
  const cards = createDemoCards(seededRandom(seed), () => atMs);
  return Array.from({ length: count }, () => cards.next());
};

describe("the demo", () => {
  keepsTheContract(() => Promise.resolve(createDemoDriver(5, realClock, seededRandom(1))));

  test("makes as many cards a second as it was told", async () => {
    const clock = createManualClock();
    const reading = startReading(createDemoDriver(4, clock, seededRandom(1)));

    await clock.advance(3_000);
    await reading.stop();

    expect(reading.scans).toHaveLength(12);
    expect(reading.scans[1]).toMatchObject({ device: "demo", atMs: 1_000_500 });
  });

  test("makes citizen cards whose number agrees with sex, century and year of birth", () => {
    const cards = cardsOf(7, 500);

    for (const card of cards) {
      const [number = "", old, , birthDate = "", sex] = card.split("|");
      const isWoman = sex === "Nữ";
      const century = Number(birthDate.slice(4)) < 2000 ? 0 : 2;
      expect(card).toMatch(/^\d{12}\|\|[^|]+\|\d{8}\|(Nam|Nữ)\|[^|]+\|\d{8}$/);
      expect(old).toBe("");
      expect(number[3]).toBe(String(century + (isWoman ? 1 : 0)));
      expect(number.slice(4, 6)).toBe(birthDate.slice(6));
      expect(card.normalize("NFC")).toBe(card);
    }
    const people = new Set(cards).size;
    expect(people).toBeGreaterThan(300);
    expect(people).toBeLessThan(450);
  });

  test("makes the same cards from the same seed, and others from another", () => {
    expect(cardsOf(7, 20)).toEqual(cardsOf(7, 20));
    expect(cardsOf(7, 20)).not.toEqual(cardsOf(8, 20));
  });
});
