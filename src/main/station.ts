import type { StationCalls, VerdictView } from "#contract/bridge.ts";
import type { ObeyedOrder } from "#contract/wire.ts";
import type { LaneDirection } from "#core/entry.ts";
import type { Clock, Random } from "#core/ports.ts";
import type { RecognizeContext } from "#core/recognize.ts";
import type { Rules } from "#core/rules.ts";
import type { Scan } from "#core/scan.ts";
import { createCheckIn } from "#main/check-in.ts";
import { createHost } from "#main/create-host.ts";
import { nothingRecorded } from "#main/outcome.ts";
import type { Outcome } from "#main/outcome.ts";
import type { ChipFinding } from "#main/chip-outcome.ts";
import type { LastHere } from "#main/last-here.ts";
import type { EnrolmentRecord } from "#main/enrolment-record.ts";
import { readRules } from "#main/enrolment-record.ts";
import type { Log } from "#main/log.ts";
import { createOpenStops } from "#main/open-stops.ts";
import type { OpenStops } from "#main/open-stops.ts";
import { createRecorder } from "#main/recorder.ts";
import type { Recorder } from "#main/recorder.ts";
import { createScreens } from "#main/screens.ts";
import type { Screens } from "#main/screens.ts";
import { recentViews } from "#main/station-actions.ts";
import { createObedience, readOrder } from "#main/province-order.ts";
import type { Obedience } from "#main/province-order.ts";
import type { StationHost } from "#main/station-host.ts";
import { createStationHashes } from "#main/station-keys.ts";
import type { StationStore } from "#main/station-store.ts";
import { createStatusBoard } from "#main/status-board.ts";
import type { BoardLane, StatusBoard } from "#main/status-board.ts";
import { fromBase64url, generateKeyPair } from "#sealing/keys.ts";
import { createPersonalCodeCheck } from "#sealing/personal-code.ts";
import { createSealer } from "#sealing/sealed-body.ts";
import type { EntryBook } from "#storage/entry-book.ts";
import type { OffsetNow } from "#sync/clock-offset.ts";

/** One lane as the station is told about it. */
export type StationLane = BoardLane & {
  /**
   * False: a source that is no scanner, such as lines typed on the terminal, beside scanners that are looked for. A
   * keyboard wedge that nobody asked for is there once it has read something.
   */
  readonly isShown: boolean | "once-used";
};

export type StationParts = {
  readonly store: StationStore;
  readonly enrolment: EnrolmentRecord;
  readonly lanes: readonly StationLane[];
  readonly clock: Clock;
  readonly random: Random;
  readonly bootId: string;
  readonly log: Log;
  /** Offset of this station's clock from the server's, once this boot has met it. */
  readonly offset: () => OffsetNow | null;
  readonly version: string;
  readonly shell: "electron" | "browser";
  /** Reads health certificates against the station's trust list. */
  readonly readHealthCertificate: NonNullable<RecognizeContext["readHealthCertificate"]>;
  /** After every scan that was decided, also swallowed ones: for the JSON lines of the terminal. */
  readonly onOutcome: (outcome: Outcome, lane: string) => void;
  /** Takes what a page read from the keyboard; absent: no lane reads keys. */
  readonly takeTyped?: StationCalls["takeTyped"];
};

/** The station's core, wired: takes scans, tells screens, holds the book. Knows no driver, no window, no socket. */
export type Station = Obedience & {
  readonly host: StationHost;
  readonly book: EntryBook;
  readonly board: StatusBoard;
  readonly recorder: Recorder;
  /** A lane whose scanner was plugged in later. */
  addLane(lane: StationLane): void;
  /** Durable on return; the verdict is already on its way to the screens. */
  take(scan: Scan, lane: string): Outcome;
  chipOwner(): LastHere | null;
  /** What the chip of whoever passed last has shown: recorded beside the entry, and shown. */
  takeChip(finding: ChipFinding): Outcome;
  setRules(rules: Rules): void;
  rules(): Rules;
  /** Screens are told nothing more; the store may be closed after this. */
  close(): void;
};

/** Builds the station over an open store. Nothing runs by itself: scans and time come from outside. */
export function createStation(parts: StationParts): Station {
  const { station, place, gate } = parts.enrolment.answer;
  const book = parts.store.openBook({ station, place, gate });
  const state: StationState = {
    rules: readRules(parts.store.settings),
    isOpen: true,
    order: readOrder(parts.store.settings),
  };
  const openStops = createOpenStops(parts.store.settings, parts.clock);
  const directions = new Map(parts.lanes.map((lane) => [lane.name, directionOf(parts, lane)]));
  const screens = createScreens();
  const board = createBoard(parts, screens, directions);
  board.setInside(book.countInside());
  board.setOrder(state.order);

  const inner = checkInParts(parts, book, state, openStops.lastNumber);
  const recorder = createRecorder(inner);
  const checkIn = createCheckIn(inner);
  const showOnceUsed = showingOnceUsed(parts, board, directions);
  const wired = { parts, book, board, screens, state, openStops };
  const show = (outcome: Outcome, lane: string) => showOutcome(wired, outcome, lane);

  return {
    book,
    board,
    recorder,
    host: createHost({ ...wired, directions, recorder, checkIn, show }),
    addLane(lane) {
      const direction = directionOf(parts, lane);
      directions.set(lane.name, direction);
      if (lane.isShown === true) board.addScanner({ ...lane, direction });
    },
    take(scan, lane) {
      if (state.order !== "active") return turnAway(wired, scan, lane);
      const outcome = checkIn.take(scan, { name: lane, direction: directions.get(lane) ?? "auto" });
      show(outcome, lane);
      showOnceUsed(lane);
      board.count(lane, "scans");
      const isDisturbed = scan.interference !== undefined;
      board.setScanner(lane, { lastScanAtMs: scan.atMs, isDisturbed });
      if (isDisturbed) parts.log.event("scanner", { lane, problem: "input-method" });
      return outcome;
    },
    chipOwner: () => checkIn.chipOwner(),
    takeChip(finding) {
      if (state.order !== "active") return heldOutcome;
      const outcome = checkIn.takeChip(finding);
      show(outcome, finding.kind === "alone" ? "" : finding.here.shown.lane);
      return outcome;
    },
    setRules(rules) {
      state.rules = rules;
    },
    rules: () => state.rules,
    ...createObedience({ ...parts, settings: parts.store.settings }, state, { board, screens }),
    close() {
      state.isOpen = false;
      board.stop();
    },
  };
}

/** A lane that is shown from its first scan on. */
function showingOnceUsed(
  parts: StationParts,
  board: StatusBoard,
  directions: ReadonlyMap<string, LaneDirection>,
): (name: string) => void {
  const unused = new Map(
    parts.lanes.filter((lane) => lane.isShown === "once-used").map((lane) => [lane.name, lane]),
  );
  return (name) => {
    const lane = unused.get(name);
    if (lane === undefined) return;
    unused.delete(name);
    board.addScanner({ ...lane, direction: directions.get(name) ?? lane.direction });
    board.setScanner(name, { state: "alive" });
  };
}

type StationState = { rules: Rules; isOpen: boolean; order: ObeyedOrder };

type Wired = {
  readonly state: Readonly<StationState>;
  readonly parts: StationParts;
  readonly book: EntryBook;
  readonly board: StatusBoard;
  readonly screens: Screens;
  readonly openStops: OpenStops;
};

/** The guard's last choice of direction for a lane wins over the settings, also after a restart. */
function directionOf(parts: StationParts, lane: StationLane): LaneDirection {
  const kept = parts.store.settings.get(`direction:${lane.name}`);
  return kept === "in" || kept === "out" || kept === "auto" ? kept : lane.direction;
}

function createBoard(
  parts: StationParts,
  screens: Screens,
  directions: ReadonlyMap<string, LaneDirection>,
): StatusBoard {
  return createStatusBoard({
    placeName: parts.enrolment.answer.place_name,
    gateName: parts.enrolment.answer.gate_name,
    lanes: parts.lanes
      .filter((lane) => lane.isShown === true)
      .map((lane) => ({ ...lane, direction: directions.get(lane.name) ?? lane.direction })),
    clock: parts.clock,
    publish: (view) => screens.showStatus(view),
  });
}

function checkInParts(
  parts: StationParts,
  book: EntryBook,
  state: { readonly rules: Rules },
  lastVerdictNumber: number,
) {
  const { keys } = parts.enrolment.answer;
  const hashes = createStationHashes(parts.store.key, keys);
  return {
    book,
    clock: parts.clock,
    random: parts.random,
    lastVerdictNumber,
    bootId: parts.bootId,
    sealer: createSealer(fromBase64url(keys.sealing_key), () => generateKeyPair("x25519")),
    offset: parts.offset,
    rules: () => state.rules,
    hashPerson: (identity: string) => hashes.hashPerson(identity),
    hashWatched: (identity: string) => hashes.hashShared(identity),
    context: {
      nowMs: 0,
      keepExtras: false,
      hashOpaque: (text: string) => hashes.hashShared(text),
      checkPersonalCode: createPersonalCodeCheck(keys.personal_code_keys),
      readHealthCertificate: parts.readHealthCertificate,
    },
  };
}

/** What comes of a scan while the province lets nothing new be recorded: the screen says so already. */
const heldOutcome: Outcome = { ...nothingRecorded, verdict: null, reason: "held" };

/** Nobody looks into the code; that the scanner works is still to be seen. */
function turnAway({ parts, board }: Wired, scan: Scan, lane: string): Outcome {
  board.count(lane, "scans");
  board.setScanner(lane, { lastScanAtMs: scan.atMs });
  parts.log.event("scan", { lane, verdict: "held", recorded: false });
  parts.onOutcome(heldOutcome, lane);
  return heldOutcome;
}

/** Verdict first, list and counts one turn later: nothing stands between COMMIT and paint. */
function showOutcome(wired: Wired, outcome: Outcome, lane: string): void {
  const { parts, book, board, screens } = wired;
  if (outcome.verdict !== null) screens.showVerdict(outcome.verdict);
  else if (outcome.fault === null) swallow(wired, lane);
  if (outcome.verdict?.kind === "stop") keepStop(wired, outcome.verdict);
  setImmediate(() => {
    if (!wired.state.isOpen || wired.state.order === "wiped") return;
    if (outcome.eventId !== null) screens.showRecent(recentViews(book));
    board.setInside(book.countInside());
    if (outcome.fault !== null) board.setCommitFailing(true);
    else if (outcome.eventId !== null) board.setCommitFailing(false);
  });
  if (outcome.fault !== null) parts.log.fault("not-saved", outcome.fault);
  parts.log.event("scan", {
    lane,
    verdict: outcome.verdict?.kind ?? "swallowed",
    reason: outcome.reason ?? "",
    recorded: outcome.eventId !== null,
  });
  parts.onOutcome(outcome, lane);
}

function swallow({ screens, board }: Wired, lane: string): void {
  screens.tick(lane);
  board.count(lane, "repeated");
}

/** Its event is durable; a disk that refuses this too costs no more than that a restart forgets to ask. */
function keepStop({ openStops, parts }: Wired, stop: VerdictView): void {
  try {
    openStops.add(stop);
  } catch (cause) {
    parts.log.fault("not-saved", cause);
  }
}
