import { describe, expect, test } from "vitest";
import { createClockOffset } from "#sync/clock-offset.ts";
import type { ClockOffset } from "#sync/clock-offset.ts";
import { NOON, createFakeClock } from "./fake-clock.ts";
import type { FakeClock } from "./fake-clock.ts";

/** One exchange over `roundTripMs` with a server that is `aheadMs` ahead, reached after `outMs`. */
async function exchange(
  clock: FakeClock,
  offset: ClockOffset,
  aheadMs: number,
  roundTripMs: number,
  outMs = roundTripMs / 2,
): Promise<void> {
  const startMonoMs = clock.monoMs();
  const serverMs = clock.nowMs() + outMs + aheadMs;
  await clock.advance(roundTripMs);
  offset.addSample(serverMs, { startMonoMs, endMonoMs: clock.monoMs() });
}

describe("the clock offset", () => {
  test("is unknown until the server was met", () => {
    expect(createClockOffset(createFakeClock()).current()).toBeNull();
  });

  test("is server minus wall clock at mid round trip, known to half the round trip", async () => {
    const clock = createFakeClock();
    const offset = createClockOffset(clock);

    await exchange(clock, offset, 90_000, 400);

    expect(offset.current()?.offsetMs).toBeCloseTo(90_000, 6);
    expect(offset.current()?.errorMs).toBeCloseTo(200, 0);
  });

  test("is never further from the truth than its error, however lopsided the way", async () => {
    const clock = createFakeClock();
    const offset = createClockOffset(clock);

    for (const outMs of [0, 100, 900, 1_000]) {
      await exchange(clock, offset, -5_000, 1_000, outMs);
      const { offsetMs, errorMs } = offset.current() ?? { offsetMs: 0, errorMs: 0 };
      expect(Math.abs(offsetMs + 5_000)).toBeLessThanOrEqual(errorMs);
    }
  });

  test("takes the smallest round trip of the last eight", async () => {
    const clock = createFakeClock();
    const offset = createClockOffset(clock);

    await exchange(clock, offset, 1_000, 20, 20);
    for (let index = 0; index < 7; index += 1) await exchange(clock, offset, 1_000, 600, 0);
    expect(offset.current()?.offsetMs).toBeCloseTo(1_010, 0);

    await exchange(clock, offset, 1_000, 600, 0);
    expect(offset.current()?.offsetMs).toBeCloseTo(700, 0);
  });

  test("grows less certain while the server is not met", async () => {
    const clock = createFakeClock();
    const offset = createClockOffset(clock);
    await exchange(clock, offset, 0, 20);

    await clock.advance(3 * 86_400_000);

    expect(offset.current()?.errorMs).toBeCloseTo(10 + 3 * 86_400_000 * 50e-6, 0);
  });

  test("follows a wall clock that somebody sets, and admits the doubt until the server is met", async () => {
    const clock = createFakeClock();
    const offset = createClockOffset(clock);
    await exchange(clock, offset, 0, 20);

    clock.jumpWall(-3_600_000);
    expect(offset.current()?.offsetMs).toBeCloseTo(3_600_000, 3);
    offset.findJump();
    expect(offset.current()?.errorMs).toBeGreaterThan(3_600_000);

    await exchange(clock, offset, 3_600_000, 40);
    expect(offset.current()?.offsetMs).toBeCloseTo(3_600_000, 3);
    expect(offset.current()?.errorMs).toBeLessThan(21);
  });
});

describe("a jump of the wall clock", () => {
  test.each([-3_600_000, -2_001, 2_001, 86_400_000, -16 * 365 * 86_400_000])(
    "by %i ms is found once",
    async (byMs) => {
      const clock = createFakeClock();
      const offset = createClockOffset(clock);
      await clock.advance(60_000);

      clock.jumpWall(byMs);

      expect(offset.findJump()).toEqual({
        byMs,
        wallMs: NOON + 60_000 + byMs,
        monoMs: clock.monoMs(),
      });
      expect(offset.findJump()).toBeNull();
    },
  );

  test("is not what a time service does: many small steps", async () => {
    const clock = createFakeClock();
    const offset = createClockOffset(clock);

    for (let index = 0; index < 20; index += 1) {
      await clock.advance(5_000);
      clock.jumpWall(1_500);
      expect(offset.findJump()).toBeNull();
    }
  });
});
