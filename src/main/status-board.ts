import type { NetworkView, ScannerView, StatusView } from "#contract/bridge.ts";
import type { LaneDirection } from "#core/entry.ts";
import type { Clock } from "#core/ports.ts";

/** What the station knows about itself, gathered for the screens. Parts report; screens are told at most five times a second. */
export type StatusBoard = {
  now(): StatusView;
  setScanner(lane: string, change: Partial<Omit<ScannerView, "lane">>): void;
  setNetwork(network: NetworkView): void;
  setInside(count: number): void;
  setCommitFailing(isFailing: boolean): void;
  setClockOffset(offsetMs: number | null): void;
  setDiskFree(bytes: number | null): void;
  stop(): void;
};

export type StatusBoardParts = {
  readonly placeName: string;
  readonly gateName: string;
  readonly lanes: readonly { name: string; driver: string; direction: LaneDirection }[];
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
  return {
    now,
    setScanner(lane, changes) {
      const scanners = view.scanners.map((scanner) =>
        scanner.lane === lane ? { ...scanner, ...changes } : scanner,
      );
      change({ scanners });
    },
    setNetwork: (network) => change({ network }),
    setInside: (insideCount) => change({ insideCount }),
    setCommitFailing(commitFailing) {
      if (view.commitFailing !== commitFailing) change({ commitFailing });
    },
    setClockOffset: (clockOffsetMs) => change({ clockOffsetMs }),
    setDiskFree: (diskFreeBytes) => change({ diskFreeBytes }),
    stop() {
      if (timer !== null) clearTimeout(timer);
    },
  };
}

function firstView(parts: StatusBoardParts): Omit<StatusView, "nowMs"> {
  const sinceMs = parts.clock.nowMs();
  return {
    placeName: parts.placeName,
    gateName: parts.gateName,
    insideCount: 0,
    scanners: parts.lanes.map((lane) => ({
      lane: lane.name,
      direction: lane.direction,
      driver: lane.driver,
      state: "waiting",
      sinceMs,
      lastScanAtMs: null,
      trouble: null,
    })),
    network: { state: "connecting", sinceMs, code: null, pending: 0, oldestPendingMs: null },
    commitFailing: false,
    clockOffsetMs: null,
    diskFreeBytes: null,
  };
}
