import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createDemoCards } from "#drivers/demo-cards.ts";
import { signingKeyOf } from "#main/enrolment-record.ts";
import { createLog } from "#main/log.ts";
import { startStationSync } from "#main/station-sync.ts";
import { systemClock, systemRandom } from "#main/system-ports.ts";
import type { EnrolmentAnswer } from "#contract/wire.ts";
import { generateKeyPair } from "#sealing/keys.ts";
import type { KeyPair } from "#sealing/keys.ts";
import { createClockOffset } from "#sync/clock-offset.ts";
import { enrol } from "#sync/enrol.ts";
import { createNetwork } from "#sync/network.ts";
import { openBareInsert } from "./bare-insert.ts";
import type { BareInsert } from "./bare-insert.ts";
import { openBenchStation, openBenchStore } from "./bench-station.ts";
import type { BenchStation } from "./bench-station.ts";
import { compareRounds } from "./measure.ts";
import type { Measured, Round } from "./measure.ts";
import { startServerChild } from "./server-child.ts";
import type { ServerChild } from "./server-child.ts";

/** Entries that are sent before the clock starts: a server runs for months, and this one has just begun. */
const WARM_UP = 2_000;
const SETTLE_MS = 500;
const ROW_BYTES = { header: 560, body: 230 };

/**
 * A backlog of one station → the server over real HTTP, each a process of its own as `npm start` makes them, against a
 * bare batched insert of rows of the same size over one connection. The median of some rounds, ours and the baseline in turn.
 */
export async function benchDrain(rounds: number, entries: number): Promise<readonly Measured[]> {
  const dataDir = mkdtempSync(join(tmpdir(), "tramqr-bench-"));
  const measured: Round[] = [];
  let bare: BareInsert | null = null;
  try {
    for (let round = 0; round < rounds; round += 1) {
      const seconds = await drainRound(join(dataDir, `round-${round}`), entries);
      bare ??= await openBareInsert(join(dataDir, "bare"), ROW_BYTES);
      await bare.insert(WARM_UP, 1);
      const bareSeconds = await bare.insert(entries, 1);
      measured.push({ ours: entries / seconds, baseline: entries / bareSeconds });
    }
  } finally {
    await bare?.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
  const name = `drain ${entries} entries, one station, median of ${rounds}`;
  return [compareRounds({ name, unit: "per second", n: entries * rounds, atLeast: 0.2 }, measured)];
}

async function drainRound(dataDir: string, entries: number): Promise<number> {
  const server = await startServerChild(join(dataDir, "server"));
  const stationDir = join(dataDir, "station");
  const { answer, signingKey } = await enrolWith(server, stationDir);
  const offset = createClockOffset(systemClock);
  const bench = await openBenchStation(stationDir, answer, offset);
  const link = { bench, server, answer, signingKey, offset };
  await record(bench, WARM_UP);
  await drain(link);
  await record(bench, entries);
  const seconds = await drain(link);
  bench.close();
  await server.stop();
  return seconds;
}

type Enrolled = { readonly answer: EnrolmentAnswer; readonly signingKey: KeyPair };

async function enrolWith(server: ServerChild, stationDir: string): Promise<Enrolled> {
  const keys = await openBenchStore(stationDir);
  const signingKey = signingKeyOf(keys.settings, () => generateKeyPair("ed25519"));
  keys.close();
  const enrolled = await enrol({
    network: networkOf(server),
    code: await server.newCode(),
    keyPair: signingKey,
    appVersion: "0",
    signal: new AbortController().signal,
  });
  if (enrolled.kind !== "enrolled") throw new Error(`not enrolled: ${enrolled.kind}`);
  return { answer: enrolled.answer, signingKey };
}

function networkOf(server: ServerChild) {
  return createNetwork(server.url, { nowMs: () => Date.now(), builtAtMs: 0 });
}

/** Scans so many entries, and lets everything end that scans have begun for the screen. */
async function record({ station }: BenchStation, entries: number): Promise<void> {
  const cards = createDemoCards(systemRandom, () => Date.now());
  while (station.book.pendingCount() < entries) {
    const scan = { bytes: Buffer.from(cards.next()), atMs: Date.now(), device: "bench" };
    station.take(scan, "lane-1");
  }
  await sleep(SETTLE_MS);
}

type Link = Enrolled & {
  readonly bench: BenchStation;
  readonly server: ServerChild;
  readonly offset: ReturnType<typeof createClockOffset>;
};

/** Seconds until everything that is pending is answered. */
async function drain({ bench, server, answer, signingKey, offset }: Link): Promise<number> {
  const ending = new AbortController();
  const started = performance.now();
  const sync = startStationSync({
    station: bench.station,
    settings: bench.store.settings,
    enrolment: { serverUrl: server.url, answer },
    signingKeys: {
      current: () => signingKey,
      proposal: () => null,
      heard: () => false,
      notKnown() {},
    },
    network: networkOf(server),
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
  return seconds;
}
