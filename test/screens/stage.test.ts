import { describe, expect, test } from "vitest";
import type { VerdictView } from "#contract/bridge.ts";
import {
  HOLD_MS,
  MINIMISE_MS,
  currentStop,
  dwellMs,
  emptyStage,
  layoutOf,
  reduceStage,
  repeatToExit,
} from "#renderer/stage.ts";
import type { Layout, Stage, StageEvent } from "#renderer/stage.ts";
import { acceptedIn } from "./scripted-host.ts";

function view(number: number, change: Partial<VerdictView> = {}): VerdictView {
  return { ...acceptedIn, number, ...change };
}

function play(...events: readonly StageEvent[]): Stage {
  return events.reduce(reduceStage, emptyStage);
}

function verdict(atMs: number, shown: VerdictView): StageEvent {
  return { kind: "verdict", view: shown, atMs };
}

function numbers(layout: Layout): readonly (number | null)[] {
  if (layout.kind === "idle") return [];
  if (layout.kind === "split") return [layout.panel.view.number, layout.held.view.number];
  if (layout.kind === "stop") return [layout.panel.view.number, layout.strip?.view.number ?? null];
  return [layout.panel.view.number];
}

describe("the verdict area", () => {
  test("the next verdict replaces the last one at once", () => {
    const stage = play(verdict(0, view(1)), verdict(40, view(2, { kind: "out" })));

    expect(layoutOf(stage)).toMatchObject({ kind: "single", panel: { view: { number: 2 } } });
  });

  test("a verdict older than the newest changes nothing", () => {
    const stage = play(verdict(0, view(7)));

    expect(reduceStage(stage, verdict(10, view(6)))).toBe(stage);
    expect(reduceStage(stage, verdict(10, view(7)))).toBe(stage);
  });

  test.each(["in", "out", "notice", "unknown"] as const)(
    "a verdict %s leaves after its time, not before",
    (kind) => {
      const stage = play(verdict(1000, view(1, { kind })));
      const end = 1000 + dwellMs[kind];

      expect(layoutOf(reduceStage(stage, { kind: "time", atMs: end - 1 })).kind).toBe("single");
      expect(layoutOf(reduceStage(stage, { kind: "time", atMs: end })).kind).toBe("idle");
    },
  );

  test("the times are those of the design: 3 s, 3 s, 6 s, 8 s", () => {
    expect([dwellMs.in, dwellMs.out, dwellMs.notice, dwellMs.unknown]).toEqual([
      3000, 3000, 6000, 8000,
    ]);
  });

  test("time that changes nothing gives the same object, so nothing is painted", () => {
    const stage = play(verdict(0, view(1)));

    expect(reduceStage(stage, { kind: "time", atMs: 100 })).toBe(stage);
  });

  test("Esc goes back to idle at once", () => {
    const stage = play(verdict(0, view(1)), { kind: "back" });

    expect(layoutOf(stage)).toEqual({ kind: "idle", bar: null });
    expect(reduceStage(stage, { kind: "back" })).toBe(stage);
  });
});

describe("a notice", () => {
  const notice = view(1, { kind: "notice", reason: "expired" });

  test("keeps half of the screen until it could be read", () => {
    const stage = play(verdict(0, notice), verdict(HOLD_MS - 1, view(2)));

    expect(numbers(layoutOf(stage))).toEqual([2, 1]);
    const later = reduceStage(stage, { kind: "time", atMs: HOLD_MS });
    expect(numbers(layoutOf(later))).toEqual([2]);
  });

  test("that could be read already is replaced like any other", () => {
    const stage = play(verdict(0, notice), verdict(HOLD_MS, view(2)));

    expect(numbers(layoutOf(stage))).toEqual([2]);
  });

  test("is kept through a burst, beside the newest", () => {
    const stage = play(
      verdict(0, notice),
      verdict(100, view(2)),
      verdict(200, view(3)),
      verdict(300, view(4)),
    );

    expect(numbers(layoutOf(stage))).toEqual([4, 1]);
  });

  test("another scanner's verdict does not take a visitor's answer away", () => {
    const stage = play(verdict(0, view(1)), verdict(200, view(2, { lane: "lane-2" })));

    expect(numbers(layoutOf(stage))).toEqual([2, 1]);
  });

  test("a repeat of somebody who came in can be turned into an exit, other verdicts cannot", () => {
    const repeat = view(3, { kind: "notice", reason: "repeat", earlierDirection: "in" });

    expect(repeatToExit(play(verdict(0, repeat)))).toBe(3);
    expect(repeatToExit(play(verdict(0, { ...repeat, earlierDirection: "out" })))).toBeNull();
    expect(repeatToExit(play(verdict(0, notice)))).toBeNull();
    expect(repeatToExit(emptyStage)).toBeNull();
  });
});

describe("a stop", () => {
  const stop = view(1, { kind: "stop", reason: "watch-list", caseNumber: "07" });

  test("is never covered: later verdicts stand in the strip under it", () => {
    const stage = play(verdict(0, stop), verdict(500, view(2)), verdict(900, view(3)));

    expect(layoutOf(stage)).toMatchObject({ kind: "stop", panel: { view: { number: 1 } } });
    expect(numbers(layoutOf(stage))).toEqual([1, 3]);
  });

  test("outlasts every time but the one of its bar", () => {
    const stage = play(verdict(0, stop), { kind: "time", atMs: MINIMISE_MS - 1 });
    const minimised = reduceStage(stage, { kind: "time", atMs: MINIMISE_MS });

    expect(layoutOf(stage).kind).toBe("stop");
    expect(layoutOf(minimised)).toMatchObject({ kind: "idle", bar: { view: { number: 1 } } });
  });

  test("as a bar it stays above what comes later, and F9 brings it back with its question", () => {
    const minimised = play(
      verdict(0, stop),
      { kind: "time", atMs: MINIMISE_MS },
      verdict(MINIMISE_MS + 10, view(2)),
    );
    const asked = reduceStage(minimised, { kind: "ask", atMs: MINIMISE_MS + 20 });

    expect(layoutOf(minimised)).toMatchObject({ kind: "single", bar: { view: { number: 1 } } });
    expect(layoutOf(asked)).toMatchObject({ kind: "stop", isAsking: true });
  });

  test("a question that nobody answers ends with the bar", () => {
    const stage = play(
      verdict(0, stop),
      { kind: "ask", atMs: 30_000 },
      { kind: "time", atMs: 30_000 + MINIMISE_MS },
    );

    expect(stage.isAsking).toBe(false);
    expect(layoutOf(stage)).toMatchObject({ kind: "idle", bar: { view: { number: 1 } } });
  });

  test("Esc leaves the question but not the stop", () => {
    const stage = play(verdict(0, stop), { kind: "ask", atMs: 10 }, { kind: "back" });

    expect(layoutOf(stage)).toMatchObject({ kind: "stop", isAsking: false });
    expect(layoutOf(reduceStage(stage, { kind: "back" })).kind).toBe("stop");
  });

  test("acknowledged, it makes room for the next one, which then has its whole time", () => {
    const stage = play(
      verdict(0, stop),
      verdict(50_000, view(2, { kind: "stop" })),
      { kind: "ask", atMs: 55_000 },
      { kind: "acknowledged", number: 1, atMs: 59_000 },
      { kind: "time", atMs: 59_000 + MINIMISE_MS - 1 },
    );

    expect(layoutOf(stage)).toMatchObject({ kind: "stop", waiting: 0, isAsking: false });
    expect(currentStop(stage)?.view.number).toBe(2);
  });

  test("a second one waits, counted and in the strip", () => {
    const stage = play(verdict(0, stop), verdict(100, view(2, { kind: "stop" })));

    expect(layoutOf(stage)).toMatchObject({ kind: "stop", waiting: 1 });
    expect(numbers(layoutOf(stage))).toEqual([1, 2]);
  });

  test("a new one takes the stage while an old one is a bar", () => {
    const stage = play(
      verdict(0, stop),
      { kind: "time", atMs: MINIMISE_MS },
      verdict(MINIMISE_MS + 5, view(2, { kind: "stop" })),
    );

    expect(layoutOf(stage)).toMatchObject({ kind: "stop", panel: { view: { number: 2 } } });
  });

  test("acknowledging a stop that is not there changes nothing", () => {
    const stage = play(verdict(0, stop));

    expect(reduceStage(stage, { kind: "acknowledged", number: 9, atMs: 1 })).toBe(stage);
  });
});

describe("a new connection", () => {
  test("numbers verdicts anew", () => {
    const stage = play(
      verdict(0, view(400)),
      { kind: "connected", openStops: undefined, atMs: 10 },
      verdict(20, view(1)),
    );

    expect(numbers(layoutOf(stage))).toEqual([1]);
  });

  test("brings the stops that a reloaded screen has missed, and keeps the place of those it knows", () => {
    const stop = view(5, { kind: "stop" });
    const known = play(
      verdict(0, stop),
      { kind: "time", atMs: MINIMISE_MS },
      { kind: "connected", openStops: [stop], atMs: MINIMISE_MS + 1 },
    );
    const reloaded = play({ kind: "connected", openStops: [stop], atMs: 3 });

    expect(layoutOf(known)).toMatchObject({ kind: "idle", bar: { view: { number: 5 } } });
    expect(layoutOf(reloaded)).toMatchObject({ kind: "stop", panel: { view: { number: 5 } } });
  });

  test("forgets stops that another screen has acknowledged", () => {
    const stage = play(verdict(0, view(5, { kind: "stop" })), {
      kind: "connected",
      openStops: [],
      atMs: 10,
    });

    expect(layoutOf(stage).kind).toBe("idle");
  });

  test("to a station that does not say keeps the stops on the screen", () => {
    const stage = play(verdict(0, view(5, { kind: "stop" })), {
      kind: "connected",
      openStops: undefined,
      atMs: 10,
    });

    expect(layoutOf(stage).kind).toBe("stop");
  });
});
