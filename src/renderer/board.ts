import type { HelloScreen, RecentView, ScannerView, StatusView } from "#contract/bridge.ts";
import type { LaneDirection } from "#core/entry.ts";

/** Whether the page hears its station; `lost` is down for so long that the guard must be told. */
export type LinkState = "connecting" | "up" | "down" | "lost";

/** A short answer to what the guard did, or good news. */
export type Note =
  | {
      readonly kind:
        | "undone"
        | "nothing-to-undo"
        | "too-late"
        | "not-saved"
        | "no-answer"
        | "not-read"
        | "acknowledged"
        | "scanner-back"
        | "silenced"
        | "held";
    }
  | { readonly kind: "direction-set"; readonly direction: LaneDirection };

/** Everything around the verdict. Monotonic milliseconds of the page, but for `nowMs`: the station's wall clock. */
export type Board = {
  readonly link: LinkState;
  readonly linkSinceMs: number;
  readonly status: StatusView | null;
  readonly statusAtMs: number;
  /** The station's wall clock in whole seconds; 0 before the first status. */
  readonly nowMs: number;
  readonly recent: readonly RecentView[];
  readonly note: { readonly note: Note; readonly untilMs: number } | null;
  /** The page about the scanners is open until then. */
  readonly scannersUntilMs: number | null;
  /** The lane whose direction is being chosen. */
  readonly chooser: { readonly lane: string; readonly untilMs: number } | null;
};

export type BoardEvent =
  | { readonly kind: "connected"; readonly hello: HelloScreen; readonly atMs: number }
  | { readonly kind: "disconnected"; readonly atMs: number }
  | { readonly kind: "status"; readonly status: StatusView; readonly atMs: number }
  | { readonly kind: "recent"; readonly recent: readonly RecentView[] }
  | { readonly kind: "note"; readonly note: Note; readonly atMs: number }
  | { readonly kind: "choose"; readonly lane: string; readonly atMs: number }
  | { readonly kind: "close-chooser" }
  | { readonly kind: "toggle-scanners"; readonly atMs: number }
  | { readonly kind: "close-scanners" }
  | { readonly kind: "time"; readonly atMs: number };

/** How long a note stays. */
export const NOTE_MS = 4_000;
/** A chooser that nobody uses closes by itself. */
export const CHOOSER_MS = 15_000;
/** A page that nobody uses goes back to scanning. */
export const PAGE_MS = 60_000;
/** A reconnection faster than this is nobody's business. */
export const LINK_GRACE_MS = 2_000;
/** A station that starts is waited for this long before it counts as lost. */
export const START_GRACE_MS = 30_000;
/** Rows of the list; the station sends no more. */
export const RECENT_ROWS = 6;

export const emptyBoard: Board = {
  link: "connecting",
  linkSinceMs: 0,
  status: null,
  statusAtMs: 0,
  nowMs: 0,
  recent: [],
  note: null,
  scannersUntilMs: null,
  chooser: null,
};

/** The next board; the same object when nothing changes. */
export function reduceBoard(board: Board, event: BoardEvent): Board {
  switch (event.kind) {
    case "connected": {
      const { status, recent } = event.hello;
      const up: Board = { ...board, link: "up", linkSinceMs: event.atMs, recent };
      return withStatus(up, status, event.atMs);
    }
    case "disconnected":
      if (board.link !== "up") return board;
      return { ...board, link: "down", linkSinceMs: event.atMs, chooser: null };
    case "status":
      return withStatus(board, event.status, event.atMs);
    case "recent":
      return { ...board, recent: event.recent.slice(0, RECENT_ROWS) };
    case "note":
      return { ...board, note: { note: event.note, untilMs: event.atMs + NOTE_MS } };
    case "choose":
      return { ...board, chooser: { lane: event.lane, untilMs: event.atMs + CHOOSER_MS } };
    case "close-chooser":
      return board.chooser === null ? board : { ...board, chooser: null };
    case "toggle-scanners": {
      const scannersUntilMs = board.scannersUntilMs === null ? event.atMs + PAGE_MS : null;
      return { ...board, scannersUntilMs };
    }
    case "close-scanners":
      return board.scannersUntilMs === null ? board : { ...board, scannersUntilMs: null };
    case "time":
      return passTime(board, event.atMs);
  }
}

/** The lane after `lane` in the order of the status, for stations with several scanners. */
export function laneAfter(status: StatusView | null, lane: string | null): string | null {
  const lanes = status?.scanners.map((scanner) => scanner.lane) ?? [];
  const index = lane === null ? -1 : lanes.indexOf(lane);
  return lanes[(index + 1) % Math.max(lanes.length, 1)] ?? null;
}

function withStatus(board: Board, status: StatusView, atMs: number): Board {
  const next: Board = {
    ...board,
    status,
    statusAtMs: atMs,
    nowMs: wholeSeconds(status.nowMs),
  };
  return hasScannerReturned(board.status?.scanners ?? [], status.scanners)
    ? { ...next, note: { note: { kind: "scanner-back" }, untilMs: atMs + NOTE_MS } }
    : next;
}

function hasScannerReturned(
  before: readonly ScannerView[],
  after: readonly ScannerView[],
): boolean {
  return after.some(
    (scanner) =>
      scanner.state === "alive" &&
      before.some((earlier) => earlier.lane === scanner.lane && earlier.state === "lost"),
  );
}

function passTime(board: Board, atMs: number): Board {
  const nowMs =
    board.status === null ? 0 : wholeSeconds(board.status.nowMs + atMs - board.statusAtMs);
  const note = board.note !== null && atMs >= board.note.untilMs ? null : board.note;
  const chooser = board.chooser !== null && atMs >= board.chooser.untilMs ? null : board.chooser;
  const isPageOver = board.scannersUntilMs !== null && atMs >= board.scannersUntilMs;
  const scannersUntilMs = isPageOver ? null : board.scannersUntilMs;
  const link = linkAfter(board, atMs);
  const isSame =
    nowMs === board.nowMs &&
    scannersUntilMs === board.scannersUntilMs &&
    note === board.note &&
    chooser === board.chooser &&
    link === board.link;
  return isSame ? board : { ...board, nowMs, note, scannersUntilMs, chooser, link };
}

function linkAfter({ link, linkSinceMs }: Board, atMs: number): LinkState {
  if (link === "up" || link === "lost") return link;
  const graceMs = link === "down" ? LINK_GRACE_MS : START_GRACE_MS;
  return atMs - linkSinceMs >= graceMs ? "lost" : link;
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
