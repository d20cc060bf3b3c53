import type { ActionAnswer, RecentView, StationCalls } from "#contract/bridge.ts";
import type { LaneDirection } from "#core/entry.ts";
import type { Clock } from "#core/ports.ts";
import { shortName } from "#core/vietnamese.ts";
import type { CheckIn } from "#main/check-in.ts";
import type { Outcome } from "#main/outcome.ts";
import type { OpenStops } from "#main/open-stops.ts";
import type { Recorder } from "#main/recorder.ts";
import { NotSaved } from "#storage/entry-book.ts";
import type { EntryBook } from "#storage/entry-book.ts";
import type { Passage } from "#storage/passages.ts";

/** How long the newest entry can be taken back with one key. */
const UNDO_MS = 120_000;
/** Rows of "Vừa quét". */
const RECENT_ROWS = 6;

export type StationActionParts = {
  readonly book: EntryBook;
  readonly recorder: Recorder;
  readonly checkIn: CheckIn;
  readonly clock: Clock;
  readonly hasLane: (lane: string) => boolean;
  readonly openStops: OpenStops;
  readonly setDirection: (lane: string, direction: LaneDirection) => void;
  readonly silenceAlarm: () => void;
  /** Shows and reports what an action led to, as if a scan had done it. */
  readonly onOutcome: (outcome: Outcome, lane: string) => void;
  /** Called after anything that changes the list or the count. */
  readonly onChanged: () => void;
};

/** What the guard's keys do. Every one of them leaves an event; none changes an old one. */
export type StationActions = Omit<StationCalls, "hello" | "takeTyped">;

export function createStationActions(parts: StationActionParts): StationActions {
  return {
    undoLast: () => undoLast(parts),
    setDirection(lane, direction) {
      if (!parts.hasLane(lane)) return { kind: "done" };
      return saved(() => {
        parts.recorder.note("mode", lane, { direction });
        parts.setDirection(lane, direction);
        parts.onChanged();
      });
    },
    recordRepeatAsExit(verdictNumber) {
      const outcome = parts.checkIn.forceExit(verdictNumber);
      if (outcome === null) return { kind: "refused", reason: "too-late" };
      parts.onOutcome(outcome, outcome.verdict?.lane ?? "");
      return outcome.fault === null ? { kind: "done" } : { kind: "refused", reason: "not-saved" };
    },
    acknowledgeStop: (verdictNumber, outcome) =>
      saved(() => {
        // Two screens may show the same stop: what was done about it is told once.
        if (!parts.openStops.all().some((stop) => stop.number === verdictNumber)) return;
        parts.recorder.note("correction", "", { verdict: verdictNumber, outcome });
        parts.openStops.close(verdictNumber);
      }),
    silenceAlarm() {
      parts.silenceAlarm();
      return { kind: "done" };
    },
  };
}

/** The strip's rows, newest first. */
export function recentViews(book: EntryBook): readonly RecentView[] {
  return book.recent(RECENT_ROWS).map(recentView);
}

function undoLast(parts: StationActionParts): ActionAnswer {
  const newest = parts.book.recent(RECENT_ROWS).find((passage) => !passage.isUndone);
  if (newest === undefined) return { kind: "refused", reason: "nothing-to-undo" };
  if (parts.clock.nowMs() - newest.atMs > UNDO_MS) return { kind: "refused", reason: "too-late" };
  return saved(() => {
    parts.recorder.note("undo", "", { target: newest.eventId });
    parts.onChanged();
  });
}

function saved(act: () => void): ActionAnswer {
  try {
    act();
    return { kind: "done" };
  } catch (cause) {
    if (!(cause instanceof NotSaved)) throw cause;
    return { kind: "refused", reason: "not-saved" };
  }
}

function recentView(passage: Passage): RecentView {
  return {
    eventId: passage.eventId,
    kind: passage.hasNotice ? "notice" : passage.direction,
    name: passage.name === null ? null : shortName(passage.name),
    direction: passage.direction,
    atMs: passage.atMs,
    undone: passage.isUndone,
  };
}
