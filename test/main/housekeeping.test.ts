import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createLog } from "#main/log.ts";
import { startHousekeeping } from "#main/housekeeping.ts";
import type { HousekeepingParts } from "#main/housekeeping.ts";
import { readableMs, setReadableHours } from "#main/readable-copy.ts";
import { startTestStation } from "./test-station.ts";

const day = 24 * 3_600_000;

beforeEach(() => vi.useFakeTimers({ toFake: ["setInterval", "setTimeout"] }));
afterEach(() => vi.useRealTimers());

async function parts(changes: Partial<HousekeepingParts> = {}) {
  const opened = await startTestStation();
  const { station, store, clock, logLines } = opened;
  const keeping: HousekeepingParts = {
    book: station.book,
    ballast: store.ballast,
    board: station.board,
    clock,
    log: createLog((line) => logLines.push(line)),
    offset: () => ({ offsetMs: 0, errorMs: 10 }),
    freeBytes: () => Promise.resolve(1e9),
    readableMs: () => readableMs(store.settings),
    ...changes,
  };
  return { ...opened, keeping };
}

describe("housekeeping", () => {
  test("asks for bodies to be erased that the province has had for 14 days", async () => {
    const { keeping, clock } = await parts();
    const erase = vi.fn(() => 0);
    const running = startHousekeeping({
      ...keeping,
      book: { ...keeping.book, eraseSealedBodies: erase },
    });
    vi.advanceTimersByTime(60_000);
    running.stop();

    expect(erase).toHaveBeenCalledWith(clock.nowMs() - 14 * day, 0, expect.any(Number));
  });

  test("erases nothing by a clock that the server does not share", async () => {
    const { keeping } = await parts({ offset: () => ({ offsetMs: -40 * day, errorMs: 10 }) });
    const erase = vi.fn(() => 0);
    const running = startHousekeeping({
      ...keeping,
      book: { ...keeping.book, eraseSealedBodies: erase },
    });
    vi.advanceTimersByTime(600_000);
    running.stop();

    expect(erase).not.toHaveBeenCalled();
  });

  test("lets the guard read back as long as the place wishes, within 12 and 72 hours", async () => {
    const { keeping, clock, store } = await parts();
    const forget = vi.fn(() => 0);
    const forgetsAfter = (hours: number | null) => {
      setReadableHours(store.settings, hours);
      const book = { ...keeping.book, forgetReadable: forget };
      const running = startHousekeeping({ ...keeping, book });
      vi.advanceTimersByTime(600_000);
      running.stop();
      return forget.mock.lastCall;
    };
    const ago = (hours: number) => [clock.nowMs() - hours * 3_600_000];

    expect(forgetsAfter(null)).toEqual(ago(12));
    expect(forgetsAfter(48)).toEqual(ago(48));
    expect(forgetsAfter(72)).toEqual(ago(72));
    // Nothing that a broken answer or disk could say makes it longer.
    expect(forgetsAfter(1_000)).toEqual(ago(12));
    expect(forgetsAfter(null)).toEqual(ago(12));
  });

  test("a disk that fails between scans is logged, and the station goes on", async () => {
    const { keeping, logLines } = await parts();
    const refuse = () => {
      throw new Error("disk I/O error");
    };
    const running = startHousekeeping({
      ...keeping,
      book: { ...keeping.book, checkpoint: refuse },
    });
    vi.advanceTimersByTime(5_000);
    running.stop();

    expect(logLines.join("")).toContain("housekeeping");
  });
});
