import { onTestFinished } from "vitest";
import type { WireRules } from "#contract/wire.ts";
import { generateKeyPair } from "#sealing/keys.ts";
import { createClockOffset } from "#sync/clock-offset.ts";
import type { ClockJump, ClockOffset } from "#sync/clock-offset.ts";
import { createSyncBell } from "#sync/control.ts";
import type { SyncBell } from "#sync/control.ts";
import type { HeardOrder } from "#sync/hello.ts";
import { runSync } from "#sync/run.ts";
import type { SyncParts, SyncReport } from "#sync/session.ts";
import type { SyncView } from "#sync/view.ts";
import { createFakeClock } from "./fake-clock.ts";
import type { FakeClock } from "./fake-clock.ts";
import { createFakeProvince } from "./fake-province.ts";
import type { FakeProvince } from "./fake-province.ts";
import { createMemoryOutbox } from "./memory-outbox.ts";
import type { MemoryOutbox } from "./memory-outbox.ts";
import { createSeededRandom } from "./seeded-random.ts";

/** A sync with everything around it, on virtual time. */
export type StationUnderTest = {
  readonly clock: FakeClock;
  readonly province: FakeProvince;
  readonly outbox: MemoryOutbox;
  readonly offset: ClockOffset;
  readonly bell: SyncBell;
  readonly views: SyncView[];
  readonly reports: SyncReport[];
  readonly rules: WireRules[];
  readonly jumps: ClockJump[];
  readonly orders: HeardOrder[];
  /** Starts the sync; it is stopped at the end of the test. */
  start(changes?: Partial<SyncParts>): {
    readonly stopped: Promise<void>;
    readonly stop: () => Promise<void>;
  };
  /** A durable entry, poked as the station does it. */
  scan(): string;
  lastView(): SyncView | undefined;
};

export const stationKeys = generateKeyPair("ed25519");

export type StationOptions = {
  readonly clock?: FakeClock;
  readonly province?: FakeProvince;
  readonly outbox?: MemoryOutbox;
  readonly seed?: number;
};

export function createStationUnderTest(options: StationOptions = {}): StationUnderTest {
  const clock = options.clock ?? createFakeClock();
  const province = options.province ?? createFakeProvince(clock, stationKeys.publicKey);
  const outbox = options.outbox ?? createMemoryOutbox();
  const offset = createClockOffset(clock);
  const bell = createSyncBell();
  const seen = { views: [], reports: [], rules: [], jumps: [], orders: [] } as Pick<
    StationUnderTest,
    "views" | "reports" | "rules" | "jumps" | "orders"
  >;

  return {
    clock,
    province,
    outbox,
    offset,
    bell,
    ...seen,
    start(changes = {}) {
      const ending = new AbortController();
      const stopped = runSync({
        clock,
        outbox,
        offset,
        bell,
        random: createSeededRandom(options.seed ?? 1),
        network: province,
        identity: {
          station: "station-1",
          privateKey: stationKeys.privateKey,
          answerKey: province.answerKeys.publicKey,
        },
        facts: () => ({
          app_version: "0.1.0",
          boot_id: "boot-1",
          policy_version: seen.rules.at(-1)?.version ?? 1,
          disk_free_bytes: 1e9,
          scanners: [{ lane: "lane-1", state: "alive", since_ms: 1 }],
        }),
        applyRules: (rules) => seen.rules.push(rules),
        heardOfKeys: () => false,
        setReadableHours() {},
        obey: (heard) => seen.orders.push(heard),
        onClockJump: (jump) => seen.jumps.push(jump),
        publish: (view) => seen.views.push(view),
        report: (report) => seen.reports.push(report),
        signal: ending.signal,
        ...changes,
      });
      const stop = () => {
        ending.abort();
        return stopped;
      };
      onTestFinished(stop);
      return { stopped, stop };
    },
    scan() {
      const id = outbox.add();
      bell.poke();
      return id;
    },
    lastView: () => seen.views.at(-1),
  };
}
