import type {
  ActionAnswer,
  HelloScreen,
  RecentView,
  ScannerView,
  ScreenEvents,
  StatusView,
  StationCallArguments,
  StationCalls,
  VerdictView,
} from "#contract/bridge.ts";
import type { TypedBurst } from "#contract/typed-burst.ts";
import type { StationHost } from "#main/station-host.ts";

/** A station that does what a test tells it, and remembers what the screen asked. */
export type ScriptedHost = {
  readonly host: StationHost;
  /** Every call but `hello`, in order: name and arguments. */
  readonly calls: readonly (readonly [string, ...unknown[]])[];
  /** What the screen read from the keys of a scanner, in order. */
  readonly typed: readonly TypedBurst[];
  readonly helloCount: () => number;
  readonly screenCount: () => number;
  show(view: Partial<VerdictView>): VerdictView;
  /** The same code again within seconds. */
  swallow(lane: string): void;
  setStatus(change: Partial<StatusView>): void;
  setRecent(rows: readonly RecentView[]): void;
  setAnswer(answer: ActionAnswer): void;
  setOpenStops(views: readonly VerdictView[] | undefined): void;
  /** Back to a quiet morning, without telling the screens. */
  reset(): void;
};

/** 08:05:12 on 23/11/2026 in Vietnam, a Monday morning. */
export const MORNING_MS = Date.UTC(2026, 10, 23, 1, 5, 12);

export const scanner: ScannerView = {
  lane: "lane-1",
  label: null,
  sound: "normal",
  direction: "in",
  driver: "serial",
  state: "alive",
  sinceMs: MORNING_MS - 3_600_000,
  lastScanAtMs: MORNING_MS - 120_000,
  trouble: null,
  holder: null,
  isSilenced: false,
  counts: {
    scans: 0,
    repeated: 0,
    torn: 0,
    oversize: 0,
    noise: 0,
    ignored: 0,
    commands: 0,
    lost: 0,
  },
};

export const goodStatus: StatusView = {
  nowMs: MORNING_MS,
  placeName: "Tòa nhà A",
  gateName: "Cổng chính",
  insideCount: 128,
  scanners: [scanner],
  network: {
    state: "online",
    sinceMs: MORNING_MS - 3_600_000,
    code: null,
    pending: 0,
    oldestPendingMs: null,
  },
  commitFailing: false,
  clockOffsetMs: 120,
  diskFreeBytes: 20_000_000_000,
  order: "active",
};

/** An accepted entry of somebody made up; tests say what is different. */
export const acceptedIn: Omit<VerdictView, "number"> = {
  kind: "in",
  reason: null,
  recorded: true,
  direction: "in",
  name: "Nguyễn T. N. Ẩn",
  maskedNumber: "079•••••1234",
  atMs: MORNING_MS,
  earlierAtMs: null,
  earlierDirection: null,
  validTo: null,
  noEntrySeen: false,
  nameNeedsChecking: false,
  caseNumber: null,
  lane: "lane-1",
};

const names = ["Nguyễn T. N. Ẩn", "Trần V. Ước", "Lê T. Ổn", "Đỗ H. Ỷ", "Phạm Ẩ. Ẵng", "Vũ Q. Ặn"];

/** Six rows with the tallest and the lowest letters of Vietnamese. */
export const sixRows: readonly RecentView[] = names.map((name, index) => ({
  eventId: `event-${index}`,
  kind: (["in", "out", "notice", "in", "out", "in"] as const)[index] ?? "in",
  name,
  direction: index % 3 === 1 ? "out" : "in",
  atMs: MORNING_MS - index * 50_000,
  undone: index === 3,
}));

export function createScriptedHost(): ScriptedHost {
  const screens = new Set<ScreenEvents>();
  const calls: [string, ...unknown[]][] = [];
  const typed: TypedBurst[] = [];
  let status = goodStatus;
  let recent = sixRows;
  let answer: ActionAnswer = { kind: "done" };
  let openStops: readonly VerdictView[] | undefined;
  let number = 0;
  let hellos = 0;
  const noted =
    <Name extends Exclude<keyof StationCalls, "hello" | "takeTyped">>(name: Name) =>
    (...args: StationCallArguments<Name>): ActionAnswer => {
      calls.push([name, ...args]);
      return answer;
    };
  return {
    calls,
    typed,
    helloCount: () => hellos,
    screenCount: () => screens.size,
    host: {
      subscribe(screen) {
        screens.add(screen);
        return () => screens.delete(screen);
      },
      calls: {
        hello: (): HelloScreen => {
          hellos += 1;
          const open = openStops === undefined ? {} : { openStops };
          return { status, recent, version: "0.1.0", shell: "browser", ...open };
        },
        undoLast: noted("undoLast"),
        setDirection: noted("setDirection"),
        recordRepeatAsExit: noted("recordRepeatAsExit"),
        acknowledgeStop: noted("acknowledgeStop"),
        silenceAlarm: noted("silenceAlarm"),
        takeTyped(bursts) {
          typed.push(...bursts);
          return answer;
        },
      },
    },
    show(change) {
      number += 1;
      const view: VerdictView = { ...acceptedIn, number, ...change };
      for (const screen of screens) screen.verdict(view);
      return view;
    },
    swallow(lane) {
      for (const screen of screens) screen.swallowed(lane);
    },
    setStatus(change) {
      status = { ...status, ...change };
      for (const screen of screens) screen.status(status);
    },
    setRecent(rows) {
      recent = rows;
      for (const screen of screens) screen.recent(rows);
    },
    setAnswer(next) {
      answer = next;
    },
    setOpenStops(views) {
      openStops = views;
    },
    reset() {
      status = goodStatus;
      recent = sixRows;
      answer = { kind: "done" };
      openStops = undefined;
      calls.length = 0;
      typed.length = 0;
    },
  };
}
