import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDemoCards } from "#drivers/demo-cards.ts";
import { signingKeyOf } from "#main/enrolment-record.ts";
import { createLog } from "#main/log.ts";
import { startStationSync } from "#main/station-sync.ts";
import { systemClock, systemRandom } from "#main/system-ports.ts";
import { generateKeyPair } from "#sealing/keys.ts";
import { createServerLog } from "#server/log.ts";
import { openProvince } from "#server/province.ts";
import type { Province } from "#server/province.ts";
import { startServer } from "#server/start-server.ts";
import { createClockOffset } from "#sync/clock-offset.ts";
import { enrol } from "#sync/enrol.ts";
import { createNetwork } from "#sync/network.ts";
import { openBenchStation, openBenchStore } from "./bench-station.ts";
import { compare } from "./measure.ts";
import type { Measured } from "./measure.ts";

const BATCH = 200;

/** A backlog of one station → the server over real HTTP, against a bare batched insert of rows of the same size by pg. */
export async function benchDrain(entries: number): Promise<readonly Measured[]> {
  const dataDir = mkdtempSync(join(tmpdir(), "tramqr-bench-"));
  try {
    const seconds = await drain(dataDir, entries);
    const bareSeconds = await bareInsert(dataDir, entries);
    return [
      compare({
        name: `drain ${entries} entries, one station`,
        unit: "per second",
        n: entries,
        ours: entries / seconds,
        baseline: entries / bareSeconds,
        atLeast: 0.2,
      }),
    ];
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function drain(dataDir: string, entries: number): Promise<number> {
  const log = createServerLog(() => {});
  const server = await startServer({
    dataDir,
    port: 0,
    log,
    clock: systemClock,
    random: systemRandom,
  });
  const network = createNetwork(server.url, { nowMs: () => Date.now(), builtAtMs: 0 });
  const keys = await openBenchStore(dataDir);
  const signingKey = signingKeyOf(keys.settings, () => generateKeyPair("ed25519"));
  keys.close();
  const { code } = await server.issueEnrolmentCode(
    await server.ensureGate({ place: "Nơi đo", gate: "Cổng đo" }),
  );
  const { signal } = new AbortController();
  const enrolled = await enrol({ network, code, keyPair: signingKey, appVersion: "0", signal });
  if (enrolled.kind !== "enrolled") throw new Error(`not enrolled: ${enrolled.kind}`);
  const offset = createClockOffset(systemClock);
  const bench = await openBenchStation(dataDir, enrolled.answer, offset);
  const cards = createDemoCards(systemRandom, () => Date.now());
  while (bench.station.book.pendingCount() < entries) {
    bench.station.take(
      { bytes: Buffer.from(cards.next()), atMs: Date.now(), device: "bench" },
      "lane-1",
    );
  }
  const ending = new AbortController();
  const started = performance.now();
  const sync = startStationSync({
    station: bench.station,
    settings: bench.store.settings,
    enrolment: { serverUrl: server.url, answer: enrolled.answer },
    signingKey,
    network,
    clock: systemClock,
    random: systemRandom,
    offset,
    bootId: bench.bootId,
    version: "0",
    log: createLog(() => {}),
    onOrder() {},
    signal: ending.signal,
  });
  await sync.control.drain(ending.signal);
  const seconds = (performance.now() - started) / 1_000;
  ending.abort();
  await sync.ended;
  bench.close();
  await server.stop();
  return seconds;
}

async function bareInsert(dataDir: string, entries: number): Promise<number> {
  const province: Province = await openProvince({
    dataDir,
    databaseUrl: null,
    provinceName: "Tỉnh đo",
    clock: systemClock,
    random: systemRandom,
    log: createServerLog(() => {}),
  });
  const { pool } = province;
  await pool.query(
    "CREATE TABLE bench (id uuid PRIMARY KEY, header text NOT NULL, body bytea NOT NULL)",
  );
  const header = "x".repeat(560);
  const body = Buffer.from(systemRandom.bytes(230));
  const started = performance.now();
  for (let done = 0; done < entries; done += BATCH) {
    const ids = Array.from({ length: BATCH }, () => crypto.randomUUID());
    await pool.query(
      "INSERT INTO bench SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[]) ON CONFLICT DO NOTHING",
      [ids, ids.map(() => header), ids.map(() => body)],
    );
  }
  const seconds = (performance.now() - started) / 1_000;
  await province.close();
  return seconds;
}
