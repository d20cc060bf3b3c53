import type { StationCalls } from "#contract/bridge.ts";
import type { LaneDirection } from "#core/entry.ts";
import { alarmEveryMs } from "#renderer/alarm.ts";
import { laneAfter } from "#renderer/board.ts";
import type { Board } from "#renderer/board.ts";
import { currentStop, repeatToExit } from "#renderer/stage.ts";
import type { Stage } from "#renderer/stage.ts";

/** What was done about a stop. */
export type StopOutcome = Parameters<StationCalls["acknowledgeStop"]>[1];

/** What a key does now. */
export type Action =
  | { readonly kind: "undo" }
  | { readonly kind: "choose-direction"; readonly lane: string; readonly isNext: boolean }
  | { readonly kind: "set-direction"; readonly lane: string; readonly direction: LaneDirection }
  | { readonly kind: "record-exit"; readonly number: number }
  | { readonly kind: "language" }
  | { readonly kind: "display" }
  | { readonly kind: "ask" }
  | { readonly kind: "acknowledge"; readonly number: number; readonly outcome: StopOutcome }
  /** The guard knows of the lost scanners. */
  | { readonly kind: "silence" }
  | { readonly kind: "scanners" }
  | { readonly kind: "back" };

/** A key that works now; the footer shows these and no others. */
export type KeyOffer = {
  /** As in `KeyboardEvent.key`. */
  readonly key: string;
  readonly action: Action;
  /** False: works, but is not worth a place in the footer. */
  readonly isShown: boolean;
};

/** How long the newest entry can be undone; the station checks it again. */
const UNDO_MS = 120_000;

const directionKeys = [
  ["1", "in"],
  ["2", "out"],
  ["3", "auto"],
] as const satisfies readonly (readonly [string, LaneDirection])[];

const outcomeKeys = [
  ["1", "let-in"],
  ["2", "turned-away"],
  ["3", "mistaken"],
] as const satisfies readonly (readonly [string, StopOutcome])[];

/** Every key that works in this state. A question on the screen takes the keys until it is answered or left. */
export function offeredKeys(stage: Stage, board: Board): readonly KeyOffer[] {
  const isUp = board.link === "up";
  if (isUp && stage.isAsking) return stopAnswers(stage);
  if (isUp && board.chooser !== null) return directionAnswers(board, board.chooser.lane);
  const offers = isUp ? stationKeys(stage, board) : [];
  return [
    ...offers,
    offer("F7", { kind: "language" }),
    offer("F8", { kind: "display" }),
    { key: "Escape", action: { kind: "back" }, isShown: false },
  ];
}

/** What a pressed key does; null: nothing. */
export function actionFor(key: string, stage: Stage, board: Board): Action | null {
  return offeredKeys(stage, board).find((offered) => offered.key === key)?.action ?? null;
}

function stationKeys(stage: Stage, board: Board): readonly KeyOffer[] {
  const keys: KeyOffer[] = [];
  if ((board.status?.order ?? "active") !== "active") {
    return currentStop(stage) === null ? keys : [offer("F9", { kind: "ask" })];
  }
  if (canUndo(board)) keys.push(offer("F4", { kind: "undo" }));
  const exitOf = repeatToExit(stage);
  const lane = laneAfter(board.status, null);
  if (exitOf !== null) keys.push(offer("F6", { kind: "record-exit", number: exitOf }));
  else if (lane !== null) keys.push(offer("F6", { kind: "choose-direction", lane, isNext: false }));
  if (currentStop(stage) !== null) keys.push(offer("F9", { kind: "ask" }));
  const isAlarmed = alarmEveryMs(board.status) !== null;
  if (isAlarmed && currentStop(stage) === null) keys.push(offer("F9", { kind: "silence" }));
  // First the noise, then the reasons: the footer has room for one of them.
  const isLost = board.status?.scanners.some((scanner) => scanner.state === "lost") ?? false;
  const isWanted = isLost && !isAlarmed;
  keys.push({ key: "F10", action: { kind: "scanners" }, isShown: isWanted });
  return keys;
}

function stopAnswers(stage: Stage): readonly KeyOffer[] {
  const number = currentStop(stage)?.view.number;
  if (number === undefined) return [];
  const answers = outcomeKeys.map(([key, outcome]) =>
    offer(key, { kind: "acknowledge", number, outcome }),
  );
  return [...answers, offer("Escape", { kind: "back" })];
}

function directionAnswers(board: Board, lane: string): readonly KeyOffer[] {
  const answers = directionKeys.map(([key, direction]) =>
    offer(key, { kind: "set-direction", lane, direction }),
  );
  const next = laneAfter(board.status, lane);
  const others =
    next === null || next === lane
      ? []
      : [offer("F6", { kind: "choose-direction", lane: next, isNext: true })];
  return [...answers, ...others, offer("Escape", { kind: "back" })];
}

function canUndo({ recent, nowMs }: Board): boolean {
  const newest = recent.find((row) => !row.undone);
  return newest !== undefined && nowMs - newest.atMs <= UNDO_MS;
}

function offer(key: string, action: Action): KeyOffer {
  return { key, action, isShown: true };
}
