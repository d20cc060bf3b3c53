import { computed, signal } from "@preact/signals";
import type { ReadonlySignal } from "@preact/signals";
import type { HelloScreen, LaneSound, ScreenEvents, StatusView } from "#contract/bridge.ts";
import { createAlarm } from "#renderer/alarm.ts";
import { emptyBoard, reduceBoard } from "#renderer/board.ts";
import type { Board, BoardEvent } from "#renderer/board.ts";
import { parseDisplay, themeOf } from "#renderer/display.ts";
import type { Display } from "#renderer/display.ts";
import type { SoundKind } from "#renderer/tones.ts";
import { emptyStage, reduceStage } from "#renderer/stage.ts";
import type { Stage, StageEvent } from "#renderer/stage.ts";
import { textsOf } from "#ui/texts/texts-of.ts";
import type { StationTexts } from "#ui/texts/texts.ts";

/** All that the screens show, as signals; and the only ways to change it. */
export type Store = {
  readonly stage: ReadonlySignal<Stage>;
  readonly board: ReadonlySignal<Board>;
  readonly display: ReadonlySignal<Display>;
  readonly theme: ReadonlySignal<"light" | "dark">;
  readonly texts: ReadonlySignal<StationTexts>;
  /** What the station pushes. */
  readonly events: ScreenEvents;
  onHello(hello: HelloScreen): void;
  onDown(): void;
  onTime(): void;
  toStage(event: StageEvent): void;
  toBoard(event: BoardEvent): void;
  setDisplay(display: Display): void;
};

export type StoreParts = {
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  readonly savedDisplay: string | null;
  readonly playSound: (kind: SoundKind, lane: LaneSound) => void;
  /** Runs an action once the frame that is being drawn has been painted. */
  readonly afterPaint: (act: () => void) => void;
};

/** A store in its first state: nothing known, no connection. */
export function createStore(parts: StoreParts): Store {
  const { nowMs } = parts;
  const stage = signal(emptyStage);
  const board = signal(emptyBoard);
  const display = signal(parseDisplay(parts.savedDisplay));
  const toStage = (event: StageEvent) => {
    stage.value = reduceStage(stage.value, event);
  };
  const toBoard = (event: BoardEvent) => {
    board.value = reduceBoard(board.value, event);
  };
  const inOrder = verdictFirst(parts.afterPaint);
  const alarm = createAlarm(() => parts.playSound("alarm", "normal"));
  return {
    stage,
    board,
    display,
    theme: computed(() => themeOf(display.value, board.value.nowMs)),
    texts: computed(() => textsOf(display.value.language)),
    events: {
      verdict(view) {
        if (view.number <= stage.value.lastNumber) return;
        parts.playSound(view.kind, soundOf(board.value.status, view.lane));
        toStage({ kind: "verdict", view, atMs: nowMs() });
        alarm.onVerdict(nowMs());
        inOrder.verdictShown();
      },
      status: (status) => inOrder.later(() => toBoard({ kind: "status", status, atMs: nowMs() })),
      recent: (recent) => inOrder.later(() => toBoard({ kind: "recent", recent })),
      swallowed: () => parts.playSound("tick", "normal"),
    },
    onHello(hello) {
      toStage({ kind: "connected", openStops: hello.openStops, atMs: nowMs() });
      inOrder.later(() => toBoard({ kind: "connected", hello, atMs: nowMs() }));
    },
    onDown: () => toBoard({ kind: "disconnected", atMs: nowMs() }),
    onTime() {
      toStage({ kind: "time", atMs: nowMs() });
      toBoard({ kind: "time", atMs: nowMs() });
      alarm.onTime(board.value, nowMs());
    },
    toStage,
    toBoard,
    setDisplay(next) {
      display.value = next;
    },
  };
}

/** The pitch of a lane; of one that is not a scanner, the plain one. */
function soundOf(status: StatusView | null, lane: string): LaneSound {
  return status?.scanners.find((scanner) => scanner.lane === lane)?.sound ?? "normal";
}

/** Lets a verdict have a frame for itself: what arrives with it is drawn one frame later, in its order. */
function verdictFirst(afterPaint: (act: () => void) => void) {
  const waiting: (() => void)[] = [];
  let isPainting = false;
  return {
    verdictShown() {
      if (isPainting) return;
      isPainting = true;
      afterPaint(() => {
        isPainting = false;
        for (const act of waiting.splice(0)) act();
      });
    },
    later(act: () => void) {
      if (isPainting) waiting.push(act);
      else act();
    },
  };
}
