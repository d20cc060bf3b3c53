import { describe, expect, test } from "vitest";
import {
  CHOOSER_MS,
  LINK_GRACE_MS,
  NOTE_MS,
  PAGE_MS,
  START_GRACE_MS,
  emptyBoard,
  laneAfter,
  reduceBoard,
} from "#renderer/board.ts";
import type { Board, BoardEvent } from "#renderer/board.ts";
import { MORNING_MS, goodStatus, scanner, sixRows } from "./scripted-host.ts";

const hello = { status: goodStatus, recent: sixRows, version: "0.1.0", shell: "browser" } as const;
const connected: BoardEvent = { kind: "connected", hello, atMs: 100 };

function play(...events: readonly BoardEvent[]): Board {
  return events.reduce(reduceBoard, emptyBoard);
}

describe("the board", () => {
  test("shows the station's clock, carried on between two statuses", () => {
    const board = play(connected, { kind: "time", atMs: 100 + 59_000 });

    expect(board.nowMs).toBe(MORNING_MS + 59_000);
  });

  test("changes with the second, not with every look at the clock", () => {
    const board = play(connected);

    expect(reduceBoard(board, { kind: "time", atMs: 350 })).toBe(board);
    expect(reduceBoard(board, { kind: "time", atMs: 1100 })).not.toBe(board);
  });

  test("a station that is away for a moment is nobody's business, then the guard is told", () => {
    const down: BoardEvent = { kind: "disconnected", atMs: 1000 };

    expect(play(connected, down, { kind: "time", atMs: 1000 + LINK_GRACE_MS - 1 }).link).toBe(
      "down",
    );
    expect(play(connected, down, { kind: "time", atMs: 1000 + LINK_GRACE_MS }).link).toBe("lost");
    expect(play(connected, down, { kind: "time", atMs: 9000 }, connected).link).toBe("up");
  });

  test("the page of the scanners opens and closes with one key, and closes by itself", () => {
    const toggle: BoardEvent = { kind: "toggle-scanners", atMs: 200 };
    const isOpen = (...events: readonly BoardEvent[]) =>
      play(connected, ...events).scannersUntilMs !== null;

    expect(isOpen(toggle)).toBe(true);
    expect(isOpen(toggle, toggle)).toBe(false);
    expect(isOpen(toggle, { kind: "close-scanners" })).toBe(false);
    expect(isOpen(toggle, { kind: "time", atMs: 199 + PAGE_MS })).toBe(true);
    expect(isOpen(toggle, { kind: "time", atMs: 200 + PAGE_MS })).toBe(false);
  });

  test("a station that only starts is waited for longer", () => {
    const failed: BoardEvent = { kind: "disconnected", atMs: 200 };

    expect(play(failed, { kind: "time", atMs: START_GRACE_MS - 1 }).link).toBe("connecting");
    expect(play(failed, { kind: "time", atMs: START_GRACE_MS }).link).toBe("lost");
  });

  test("a scanner that comes back is good news for some seconds", () => {
    const lost = { ...goodStatus, scanners: [{ ...scanner, state: "lost" as const }] };
    const board = play(
      connected,
      { kind: "status", status: lost, atMs: 200 },
      { kind: "status", status: goodStatus, atMs: 300 },
    );

    expect(board.note?.note).toEqual({ kind: "scanner-back" });
    expect(reduceBoard(board, { kind: "time", atMs: 300 + NOTE_MS }).note).toBeNull();
  });

  test("a scanner that was never lost is not announced", () => {
    const waiting = { ...goodStatus, scanners: [{ ...scanner, state: "waiting" as const }] };

    expect(
      play(
        { kind: "connected", hello: { ...hello, status: waiting }, atMs: 0 },
        { kind: "status", status: goodStatus, atMs: 10 },
      ).note,
    ).toBeNull();
  });

  test("a choice that nobody makes closes by itself, and with the connection", () => {
    const open = play(connected, { kind: "choose", lane: "lane-1", atMs: 200 });

    expect(open.chooser?.lane).toBe("lane-1");
    expect(reduceBoard(open, { kind: "time", atMs: 200 + CHOOSER_MS }).chooser).toBeNull();
    expect(reduceBoard(open, { kind: "disconnected", atMs: 300 }).chooser).toBeNull();
    expect(reduceBoard(open, { kind: "close-chooser" }).chooser).toBeNull();
  });

  test("keeps six rows, whatever is sent", () => {
    const many = [...sixRows, ...sixRows];

    expect(play({ kind: "recent", recent: many }).recent).toEqual(sixRows);
  });

  test("F6 walks through the lanes and round again", () => {
    const two = { ...goodStatus, scanners: [scanner, { ...scanner, lane: "lane-2" }] };

    expect(laneAfter(two, null)).toBe("lane-1");
    expect(laneAfter(two, "lane-1")).toBe("lane-2");
    expect(laneAfter(two, "lane-2")).toBe("lane-1");
    expect(laneAfter({ ...goodStatus, scanners: [] }, null)).toBeNull();
    expect(laneAfter(null, null)).toBeNull();
  });
});
