import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createLog } from "#main/log.ts";
import { startHousekeeping } from "#main/housekeeping.ts";
import type { HousekeepingParts } from "#main/housekeeping.ts";
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
