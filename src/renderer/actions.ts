import type { ActionAnswer } from "#contract/bridge.ts";
import type { TypedBurst } from "#contract/typed-burst.ts";
import type { Note } from "#renderer/board.ts";
import type { Connection, RemoteCalls } from "#renderer/connection.ts";
import { nextDisplay, otherLanguage } from "#renderer/display.ts";
import type { Action } from "#renderer/keys.ts";
import type { Store } from "#renderer/store.ts";

export type ActionParts = {
  readonly store: Store;
  readonly connection: Connection;
  readonly nowMs: () => number;
};

/** Asks the station, and says what it answered: `onDone` gives the words for a yes. */
type Ask = (
  call: (calls: RemoteCalls) => Promise<ActionAnswer>,
  onDone: () => Note | null,
) => Promise<void>;

function createAsk({ store, connection, nowMs }: ActionParts): Ask {
  const note = (said: Note) => store.toBoard({ kind: "note", note: said, atMs: nowMs() });
  return async (call, onDone) => {
    const calls = connection.calls();
    const answer = calls === null ? null : await call(calls).catch(() => null);
    if (answer === null) return note({ kind: "no-answer" });
    if (answer.kind === "refused") return note({ kind: answer.reason });
    const said = onDone();
    if (said !== null) note(said);
  };
}

/** Does what a key or a button says. The station decides; its answer is shown in words. */
export function createActor(parts: ActionParts): (action: Action) => void {
  const { store, nowMs } = parts;
  const ask = createAsk(parts);
  return (action) => {
    switch (action.kind) {
      case "undo":
        return void ask(
          (calls) => calls.undoLast(),
          () => ({ kind: "undone" }),
        );
      case "record-exit":
        // The exit comes back as a verdict of its own.
        return void ask(
          (calls) => calls.recordRepeatAsExit(action.number),
          () => null,
        );
      case "choose-direction":
        return store.toBoard({ kind: "choose", lane: action.lane, atMs: nowMs() });
      case "set-direction":
        store.toBoard({ kind: "close-chooser" });
        return void ask(
          (calls) => calls.setDirection(action.lane, action.direction),
          () => ({ kind: "direction-set", direction: action.direction }),
        );
      case "ask":
        return store.toStage({ kind: "ask", atMs: nowMs() });
      case "acknowledge":
        return void ask(
          (calls) => calls.acknowledgeStop(action.number, action.outcome),
          () => {
            store.toStage({ kind: "acknowledged", number: action.number, atMs: nowMs() });
            return { kind: "acknowledged" };
          },
        );
      case "silence":
        return void ask(
          (calls) => calls.silenceAlarm(),
          () => ({ kind: "silenced" }),
        );
      case "scanners":
        return store.toBoard({ kind: "toggle-scanners", atMs: nowMs() });
      case "back":
        store.toBoard({ kind: "close-scanners" });
        if (store.board.value.chooser !== null) return store.toBoard({ kind: "close-chooser" });
        return store.toStage({ kind: "back" });
      case "language":
        return store.setDisplay(otherLanguage(store.display.value));
      case "display":
        return store.setDisplay(nextDisplay(store.display.value, store.board.value.nowMs));
    }
  };
}

/** Sends what a scanner typed; the verdict comes back as an event. A scan that is not taken is said in words. */
export function createTypedSender({
  store,
  connection,
  nowMs,
}: ActionParts): (bursts: readonly TypedBurst[]) => void {
  const send = async (bursts: readonly TypedBurst[]) => {
    const calls = connection.calls();
    const answer = calls === null ? null : await calls.takeTyped([...bursts]).catch(() => null);
    const isScan = bursts.some((burst) => burst.kind === "scan");
    if (!isScan || answer?.kind === "done") return;
    const kind = answer === null ? "no-answer" : answer.reason;
    store.toBoard({ kind: "note", note: { kind }, atMs: nowMs() });
  };
  return (bursts) => void send(bursts);
}
