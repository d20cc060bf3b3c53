import type { LaneDirection } from "#core/entry.ts";
import type { ActionAnswer, StationCalls } from "#contract/bridge.ts";
import type { ObeyedOrder } from "#contract/wire.ts";
import type { CheckIn } from "#main/check-in.ts";
import type { OpenStops } from "#main/open-stops.ts";
import type { Outcome } from "#main/outcome.ts";
import type { Recorder } from "#main/recorder.ts";
import type { Screens } from "#main/screens.ts";
import { createStationActions, recentViews } from "#main/station-actions.ts";
import type { StationActions } from "#main/station-actions.ts";
import type { StationHost } from "#main/station-host.ts";
import type { StationParts } from "#main/station.ts";
import type { StatusBoard } from "#main/status-board.ts";
import type { EntryBook } from "#storage/entry-book.ts";

/** What the screens of a station are served from. */
export type HostParts = {
  readonly state: { readonly isOpen: boolean; readonly order: ObeyedOrder };
  readonly parts: StationParts;
  readonly book: EntryBook;
  readonly board: StatusBoard;
  readonly screens: Screens;
  readonly openStops: OpenStops;
  readonly directions: Map<string, LaneDirection>;
  readonly recorder: Recorder;
  readonly checkIn: CheckIn;
  readonly show: (outcome: Outcome, lane: string) => void;
};

/** The station as its screens see it. */
export function createHost(wired: HostParts): StationHost {
  const { parts, book, board, screens } = wired;
  const held = obeying(wired, createActions(wired));
  // A wiped station has no book to read from.
  const isWiped = () => wired.state.order === "wiped";
  return {
    subscribe: (screen) => screens.subscribe(screen),
    calls: {
      ...held,
      takeTyped: parts.takeTyped ?? (() => ({ kind: "refused", reason: "not-read" })),
      hello: () => ({
        status: board.now(),
        recent: isWiped() ? [] : recentViews(book),
        version: parts.version,
        shell: parts.shell,
        openStops: isWiped() ? [] : wired.openStops.all(),
      }),
    },
  };
}

function createActions(wired: HostParts): StationActions {
  const { parts, book, board, screens, directions } = wired;
  return createStationActions({
    book,
    recorder: wired.recorder,
    checkIn: wired.checkIn,
    clock: parts.clock,
    hasLane: (lane) => directions.has(lane),
    openStops: wired.openStops,
    silenceAlarm: () => board.silence(),
    setDirection(lane, direction) {
      directions.set(lane, direction);
      parts.store.settings.set(`direction:${lane}`, direction);
      board.setScanner(lane, { direction });
    },
    onOutcome: wired.show,
    onChanged() {
      board.setInside(book.countInside());
      screens.showRecent(recentViews(book));
    },
  });
}

const refused: ActionAnswer = { kind: "refused", reason: "held" };

/** What was done about a stop is told also while nothing new is recorded, as long as there is a book to tell it to. */
function obeying(
  { state }: HostParts,
  actions: StationActions,
): Omit<StationCalls, "hello" | "takeTyped"> {
  const isHeld = () => state.order !== "active";
  return {
    undoLast: () => (isHeld() ? refused : actions.undoLast()),
    setDirection: (...args) => (isHeld() ? refused : actions.setDirection(...args)),
    recordRepeatAsExit: (...args) => (isHeld() ? refused : actions.recordRepeatAsExit(...args)),
    acknowledgeStop: (...args) =>
      state.order === "wiped" ? refused : actions.acknowledgeStop(...args),
    silenceAlarm: () => actions.silenceAlarm(),
  };
}
