import { expect, test } from "vitest";
import { createFakeClock } from "../sync/fake-clock.ts";
import type { FakeClock } from "../sync/fake-clock.ts";
import { createFakeProvince } from "../sync/fake-province.ts";
import { createMemoryOutbox } from "../sync/memory-outbox.ts";
import type { MemoryOutbox } from "../sync/memory-outbox.ts";
import { createSeededRandom } from "../sync/seeded-random.ts";
import { createStationUnderTest, stationKeys } from "../sync/station-under-test.ts";
import { createHerdServer } from "./herd.ts";
import type { HerdServer } from "./herd.ts";

/** 200 here, 2,000 in the long fault suite. */
const STATIONS = Number(process.env["TRAMQR_HERD"] ?? 200);
const SEED = Number(process.env["TRAMQR_FIRST_SEED"] ?? 1);
/** Of 2,000 stations: six million entries, more than a province's whole day. */
const BATCHES = 15;
/** What the whole backlog takes a server that is never idle; at 2,000 stations 30 ms a batch. */
const IDEAL_MS = 900_000;
/** The long herd takes minutes of a machine. */
const LIMIT_MS = STATIONS * 600;
const OUTAGE_MS = 20 * 60_000;
const STEP_MS = 10_000;

type Herd = {
  readonly clock: FakeClock;
  readonly server: HerdServer;
  readonly outboxes: readonly MemoryOutbox[];
};

/** Stations that were well, and have a backlog of some batches each since the server fell. */
async function herdAfterOutage(): Promise<Herd> {
  const clock = createFakeClock();
  const province = createFakeProvince(clock, stationKeys.publicKey);
  const random = createSeededRandom(SEED);
  const batchMs = IDEAL_MS / STATIONS / BATCHES;
  const server = createHerdServer({ clock, random, province, stations: STATIONS, batchMs });
  const outboxes = Array.from({ length: STATIONS }, (_, index) => {
    const outbox = batchOfOne(createMemoryOutbox());
    outbox.add();
    createStationUnderTest({ clock, province, outbox, seed: SEED * STATIONS + index }).start({
      network: server,
    });
    return outbox;
  });
  await clock.advance(IDEAL_MS);
  server.fall();
  for (const outbox of outboxes) for (let batch = 0; batch < BATCHES; batch += 1) outbox.add();
  await clock.advance(OUTAGE_MS);
  return { clock, server, outboxes };
}

/** An event stands for a full batch. */
function batchOfOne(outbox: MemoryOutbox): MemoryOutbox {
  const { nextBatch } = outbox;
  return { ...outbox, nextBatch: (_most, bytes, nowMs) => nextBatch(1, bytes, nowMs) };
}

function mostInStep(arrivals: readonly number[], fromMs: number): number {
  const counts = new Map<number, number>();
  for (const atMs of arrivals) {
    const step = Math.floor((atMs - fromMs) / STEP_MS);
    counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  return Math.max(...counts.values());
}

test(
  `${STATIONS} stations that come back from an outage neither trample the server nor leave it idle`,
  { timeout: LIMIT_MS },
  async () => {
    const { clock, server, outboxes } = await herdAfterOutage();
    expect(outboxes.every((outbox) => outbox.pendingCount() === BATCHES)).toBe(true);

    const roseMs = clock.monoMs();
    server.rise();
    while (outboxes.some((outbox) => outbox.pendingCount() > 0)) {
      await clock.advance(STEP_MS);
      expect(clock.monoMs() - roseMs).toBeLessThan(4 * IDEAL_MS);
    }

    const drainedMs = Math.max(...server.stored.values()) - roseMs;
    const meanInStep = (server.arrivals.length / drainedMs) * STEP_MS;
    const peak = mostInStep(server.arrivals, roseMs) / meanInStep;
    expect(server.stored.size).toBe(STATIONS * (BATCHES + 1));
    expect(server.repeated()).toBe(0);
    expect(peak).toBeLessThanOrEqual(3);
    expect(drainedMs).toBeLessThanOrEqual(1.2 * IDEAL_MS);
  },
);
