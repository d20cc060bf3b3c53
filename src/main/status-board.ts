import type {
  LaneSound,
  NetworkView,
  ScannerCounts,
  ScannerView,
  StatusView,
} from "#contract/bridge.ts";
import type { ObeyedOrder } from "#contract/wire.ts";
import type { LaneDirection } from "#core/entry.ts";
import type { Clock } from "#core/ports.ts";

/** A lane as the screens are told about it. */
export type BoardLane = {
  readonly name: string;
  readonly driver: string;
  readonly direction: LaneDirection;
  readonly label: string | null;
  readonly sound: LaneSound;
};

/** What the station knows about itself, gathered for the screens. Parts report; screens are told at most five times a second. */
export type StatusBoard = {
  now(): StatusView;
  /** A lane that was not there before, in the order of names. */
  addScanner(lane: BoardLane): void;
  setScanner(lane: string, change: Partial<Omit<ScannerView, "lane" | "counts">>): void;
  count(lane: string, what: keyof ScannerCounts): void;
  /** The guard has heard of every scanner that is lost now. */
  silence(): void;
  setNetwork(network: NetworkView): void;
  setInside(count: number): void;
  setCommitFailing(isFailing: boolean): void;
  setClockOffset(offsetMs: number | null): void;
  setDiskFree(bytes: number | null): void;
  setOrder(order: ObeyedOrder): void;
  stop(): void;
};

export type StatusBoardParts = {
  readonly placeName: string;
  readonly gateName: string;
  readonly lanes: readonly BoardLane[];
  readonly clock: Clock;
  readonly publish: (view: StatusView) => void;
};

const PUBLISH_EVERY_MS = 200;

export function createStatusBoard(parts: StatusBoardParts): StatusBoard {
  let view: Omit<StatusView, "nowMs"> = firstView(parts);
  let timer: NodeJS.Timeout | null = null;
  const now = () => ({ ...view, nowMs: parts.clock.nowMs() });
  const change = (changes: Partial<StatusView>) => {
    view = { ...view, ...changes };
    timer ??= setTimeout(() => {
      timer = null;
      parts.publish(now());
    }, PUBLISH_EVERY_MS);
  };
  const changeScanners = (changed: (scanner: ScannerView) => ScannerView) =>
    change({ scanners: view.scanners.map(changed) });
  return {
    now,
    addScanner(lane) {
      const added = scannerView(lane, parts.clock.nowMs());
      const scanners = [...view.scanners, added].toSorted((one, other) =>
        one.lane.localeCompare(other.lane, "en", { numeric: true }),
      );
      change({ scanners });
    },
    setScanner(lane, changes) {
      changeScanners((scanner) =>
        scanner.lane === lane ? withChanges(scanner, changes) : scanner,
      );
    },
    count(lane, what) {
      changeScanners((scanner) => (scanner.lane === lane ? counted(scanner, what) : scanner));
    },
    silence: () =>
      changeScanners((scanner) => ({ ...scanner, isSilenced: scanner.state === "lost" })),
    setNetwork: (network) => change({ network }),
    setInside: (insideCount) => change({ insideCount }),
    setCommitFailing(commitFailing) {
      if (view.commitFailing !== commitFailing) change({ commitFailing });
    },
    setClockOffset: (clockOffsetMs) => change({ clockOffsetMs }),
    setDiskFree: (diskFreeBytes) => change({ diskFreeBytes }),
    setOrder: (order) => change({ order }),
    stop() {
      if (timer !== null) clearTimeout(timer);
    },
  };
}

/** A scanner that comes back, or goes away again, is to be heard of anew. */
function withChanges(
  scanner: ScannerView,
  changes: Partial<Omit<ScannerView, "lane" | "counts">>,
): ScannerView {
  const next = { ...scanner, ...changes };
  if (next.state === scanner.state) return next;
  const changed = { ...next, isSilenced: false, holder: changes.holder ?? null };
  return changed.state === "lost" ? counted(changed, "lost") : changed;
}

function counted(scanner: ScannerView, what: keyof ScannerCounts): ScannerView {
  return { ...scanner, counts: { ...scanner.counts, [what]: scanner.counts[what] + 1 } };
}

const noCounts: ScannerCounts = {
  scans: 0,
  repeated: 0,
  torn: 0,
  oversize: 0,
  noise: 0,
  ignored: 0,
  commands: 0,
  lost: 0,
};

function scannerView(lane: BoardLane, sinceMs: number): ScannerView {
  return {
    lane: lane.name,
    label: lane.label,
    sound: lane.sound,
    direction: lane.direction,
    driver: lane.driver,
    state: "waiting",
    sinceMs,
    lastScanAtMs: null,
    trouble: null,
    holder: null,
    isSilenced: false,
    counts: noCounts,
  };
}

function firstView(parts: StatusBoardParts): Omit<StatusView, "nowMs"> {
  const sinceMs = parts.clock.nowMs();
  return {
    placeName: parts.placeName,
    gateName: parts.gateName,
    insideCount: 0,
    scanners: parts.lanes.map((lane) => scannerView(lane, sinceMs)),
    network: { state: "connecting", sinceMs, code: null, pending: 0, oldestPendingMs: null },
    commitFailing: false,
    clockOffsetMs: null,
    diskFreeBytes: null,
    order: "active",
  };
}
