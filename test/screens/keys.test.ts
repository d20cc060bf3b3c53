import { describe, expect, test } from "vitest";
import type { RecentView, VerdictView } from "#contract/bridge.ts";
import { emptyBoard, reduceBoard } from "#renderer/board.ts";
import type { Board } from "#renderer/board.ts";
import {
  defaultDisplay,
  displayText,
  nextDisplay,
  otherLanguage,
  parseDisplay,
  themeOf,
} from "#renderer/display.ts";
import { actionFor, offeredKeys } from "#renderer/keys.ts";
import { emptyStage, reduceStage } from "#renderer/stage.ts";
import type { Stage } from "#renderer/stage.ts";
import { MORNING_MS, acceptedIn, goodStatus, scanner, sixRows } from "./scripted-host.ts";

function board(recent: readonly RecentView[] = sixRows, status = goodStatus): Board {
  const hello = { status, recent, version: "0", shell: "browser" } as const;
  return reduceBoard(emptyBoard, { kind: "connected", hello, atMs: 0 });
}

function stageWith(change: Partial<VerdictView>): Stage {
  const view = { ...acceptedIn, number: 4, ...change };
  return reduceStage(emptyStage, { kind: "verdict", view, atMs: 0 });
}

function shownKeys(stage: Stage, of: Board): string {
  return offeredKeys(stage, of)
    .filter((offer) => offer.isShown)
    .map((offer) => offer.key)
    .join(" ");
}

describe("the keys", () => {
  test("in quiet times: undo, direction, language, display", () => {
    expect(shownKeys(emptyStage, board())).toBe("F4 F6 F7 F8");
  });

  test("undo is offered only while there is something young enough to undo", () => {
    const [newest] = sixRows;
    if (newest === undefined) throw new Error("no rows");
    const old = { ...newest, atMs: MORNING_MS - 121_000 };
    const undone = { ...newest, undone: true };

    expect(shownKeys(emptyStage, board([]))).not.toContain("F4");
    expect(shownKeys(emptyStage, board([old]))).not.toContain("F4");
    expect(shownKeys(emptyStage, board([undone]))).not.toContain("F4");
    expect(shownKeys(emptyStage, board([undone, newest]))).toContain("F4");
  });

  test("F9 quiets the alarm of a lost scanner until it is known; a stop comes first", () => {
    const lost = { ...scanner, state: "lost", trouble: "unplugged" } as const;
    const alarmed = board(sixRows, { ...goodStatus, scanners: [lost] });
    const known = board(sixRows, { ...goodStatus, scanners: [{ ...lost, isSilenced: true }] });

    expect(actionFor("F9", emptyStage, alarmed)).toEqual({ kind: "silence" });
    expect(actionFor("F9", stageWith({ kind: "stop" }), alarmed)).toEqual({ kind: "ask" });
    expect(actionFor("F9", emptyStage, known)).toBeNull();
    expect(shownKeys(emptyStage, known)).toContain("F10");
  });

  test("F6 records the exit of a repeat, else it chooses the direction", () => {
    const repeat = stageWith({ kind: "notice", reason: "repeat", earlierDirection: "in" });

    expect(actionFor("F6", repeat, board())).toEqual({ kind: "record-exit", number: 4 });
    expect(actionFor("F6", emptyStage, board())).toEqual({
      kind: "choose-direction",
      lane: "lane-1",
      isNext: false,
    });
  });

  test("while a direction is chosen, 1 2 3 are in, out and both, and Esc leaves", () => {
    const choosing = reduceBoard(board(), { kind: "choose", lane: "lane-1", atMs: 0 });

    expect(shownKeys(emptyStage, choosing)).toBe("1 2 3 Escape");
    expect(actionFor("2", emptyStage, choosing)).toEqual({
      kind: "set-direction",
      lane: "lane-1",
      direction: "out",
    });
    expect(actionFor("2", emptyStage, board())).toBeNull();
  });

  test("with two scanners F6 goes on to the next one", () => {
    const status = { ...goodStatus, scanners: [scanner, { ...scanner, lane: "lane-2" }] };
    const choosing = reduceBoard(board([], status), { kind: "choose", lane: "lane-1", atMs: 0 });

    expect(actionFor("F6", emptyStage, choosing)).toEqual({
      kind: "choose-direction",
      lane: "lane-2",
      isNext: true,
    });
  });

  test("F9 works only while a stop waits, then 1 2 3 say how it was settled", () => {
    const stop = stageWith({ kind: "stop" });
    const asked = reduceStage(stop, { kind: "ask", atMs: 5 });

    expect(actionFor("F9", emptyStage, board())).toBeNull();
    expect(actionFor("F9", stop, board())).toEqual({ kind: "ask" });
    expect(["1", "2", "3"].map((key) => actionFor(key, asked, board()))).toEqual(
      (["let-in", "turned-away", "mistaken"] as const).map((outcome) => ({
        kind: "acknowledge",
        number: 4,
        outcome,
      })),
    );
  });

  test("without a station only language and display work", () => {
    expect(shownKeys(stageWith({ kind: "stop" }), emptyBoard)).toBe("F7 F8");
  });

  test("what a scanner types does nothing", () => {
    for (const key of ["Enter", " ", "Tab", "a", "5", "F2", "F12", "F5", "Delete"]) {
      expect(actionFor(key, emptyStage, board()), key).toBeNull();
    }
  });
});

describe("the display", () => {
  test("is dark from 18:00 to 06:00 in Vietnam until the guard chooses", () => {
    const hour = (utc: number) => Date.UTC(2026, 10, 23, utc, 0, 0);

    expect(themeOf(defaultDisplay, hour(10))).toBe("light");
    expect(themeOf(defaultDisplay, hour(11))).toBe("dark");
    expect(themeOf(defaultDisplay, hour(22))).toBe("dark");
    expect(themeOf(defaultDisplay, hour(23))).toBe("light");
    expect(themeOf(defaultDisplay, 0)).toBe("light");
    expect(themeOf({ ...defaultDisplay, theme: "light" }, hour(15))).toBe("light");
  });

  test("F8 goes through sizes and themes and comes round", () => {
    const seen: string[] = [];
    let display = defaultDisplay;
    for (let press = 0; press < 5; press += 1) {
      display = nextDisplay(display, MORNING_MS);
      seen.push(displayText(display));
    }

    expect(seen).toEqual([
      "vi light large",
      "vi dark normal",
      "vi dark large",
      "vi light normal",
      "vi light large",
    ]);
  });

  test("is kept as text; any other text gives the default", () => {
    const english = otherLanguage(nextDisplay(defaultDisplay, MORNING_MS));

    expect(parseDisplay(displayText(english))).toEqual(english);
    for (const text of [null, "", "fr", "vi  ", "{}", "vi blue huge"]) {
      expect(parseDisplay(text)).toEqual(defaultDisplay);
    }
  });
});
