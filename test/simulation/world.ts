import { createHealthCertificateReader } from "#sealing/health-certificate.ts";
import { rmSync, mkdtempSync, copyFileSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Random } from "#core/ports.ts";
import type { Outbox } from "#core/outbox.ts";
import { createDemoCards } from "#drivers/demo-cards.ts";
import { readEnrolment, signingKeyOf, writeEnrolment } from "#main/enrolment-record.ts";
import { createLog } from "#main/log.ts";
import { openSigningKeys } from "#main/signing-keys.ts";
import { createStation } from "#main/station.ts";
import type { Station } from "#main/station.ts";
import { openStationStore } from "#main/station-store.ts";
import type { StationStore } from "#main/station-store.ts";
import { startStationSync } from "#main/station-sync.ts";
import { keyPairFromSecret } from "#sealing/keys.ts";
import { plainKeyWrapping } from "#storage/key-files.ts";
import { BOOK_FILE } from "#storage/open-database.ts";
import { createClockOffset } from "#sync/clock-offset.ts";
import { enrol } from "#sync/enrol.ts";
import type { Province } from "#server/province.ts";
import { buildServer } from "#server/http/build-server.ts";
import { createServerLog } from "#server/log.ts";
import { issueCode } from "#server/stations/issue-code.ts";
import { createFakeClock } from "../sync/fake-clock.ts";
import type { FakeClock } from "../sync/fake-clock.ts";
import { createSeededRandom } from "../sync/seeded-random.ts";
import { createSimulatedNetwork } from "./simulated-network.ts";
import type { SimulatedNetwork } from "./simulated-network.ts";

/** Bugs planted on purpose: a harness that does not find them proves nothing. */
export type PlantedBug =
  /** The acknowledgement is believed before the commit: a crash takes back the newest entries. */
  | "commit-later"
  /** Everything up to the largest answered seq counts as sent. */
  | "acknowledge-by-max"
  /** What was handed out counts as sent, whatever the answer. */
  | "acknowledge-when-sent"
  /** What was sent once is never sent again, answered or not. */
  | "send-once"
  /** After the first failure nothing is tried again. */
  | "give-up";

export type WorldResult = {
  readonly acknowledged: number;
  readonly crashes: number;
  /** Event ids that the station had acknowledged and the province does not have once faults stopped. */
  readonly lost: readonly string[];
  readonly twice: readonly string[];
  readonly brokenChain: boolean;
  readonly counts: Readonly<Record<string, number>>;
};

const STEPS = 24;
/** Nobody pulls the plug on a simulation, so its books need no real disk. */
const MEMORY_DISK = "/dev/shm";
/**
 * Virtual time for everything to arrive once faults have stopped: longer than the longest back-off, and than the hour that an
 * event rests which bad luck made look like poison.
 */
const CALM_MS = 90 * 60_000;

/** Where all simulated stations stand. */
export type Gate = { readonly place: string; readonly gate: string };

type World = {
  readonly random: Random;
  readonly clock: FakeClock;
  readonly network: SimulatedNetwork;
  readonly dataDir: string;
  readonly bug: PlantedBug | null;
  readonly acknowledged: string[];
  readonly app: FastifyInstance;
  readonly gate: Gate;
  boots: number;
};

type Life = {
  readonly station: Station;
  readonly store: StationStore;
  end(): Promise<void>;
  poke(): void;
};

/** One seeded life of a station with everything going wrong, then calm; the same seed gives the same life. */
export async function runWorld(
  { province, gate }: { readonly province: Province; readonly gate: Gate },
  seed: number,
  bug: PlantedBug | null = null,
): Promise<WorldResult> {
  const random = createSeededRandom(seed * 2_654_435_761);
  const dataDir = mkdtempSync(
    join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), "tramqr-sim-"),
  );
  const network = createSimulatedNetwork({
    app: () => world.app,
    clock: () => world.clock,
    random,
  });
  const clock = createFakeClock(undefined, undefined, () => network.settle());
  const app = buildServer({
    pool: province.pool,
    secrets: province.secrets,
    clock,
    random,
    log: createServerLog(() => {}),
    version: "0",
    limits: { maxInFlight: 1_000, enrolmentsPerMinute: 1_000 },
  });
  const world: World = {
    random,
    clock,
    network,
    dataDir,
    bug,
    acknowledged: [],
    app,
    gate,
    boots: 0,
  };
  try {
    return await live(world, province);
  } finally {
    await app.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function live(world: World, province: Province): Promise<WorldResult> {
  const { random, clock, network } = world;
  await enrolInCalm(world, province);
  Object.assign(network.faults, {
    loseRequest: 0.15,
    loseAnswer: 0.2,
    duplicate: 0.1,
    portal: 0.05,
    serverError: 0.1,
  });
  const cards = createDemoCards(random, () => clock.nowMs());
  let life = await boot(world);
  let crashes = 0;
  for (let step = 0; step < STEPS; step += 1) {
    scanSome(world, life, cards.next());
    await clock.advance(
      Math.round(random.fraction() * (random.fraction() < 0.2 ? 120_000 : 3_000)),
    );
    if (random.fraction() < 0.1) network.faults.isDown = !network.faults.isDown;
    if (random.fraction() < 0.05) clock.jumpWall(Math.round((random.fraction() - 0.5) * 7_200_000));
    if (random.fraction() < 0.1) {
      crashes += 1;
      life = await crash(world, life);
    }
  }
  Object.assign(network.faults, {
    isDown: false,
    loseRequest: 0,
    loseAnswer: 0,
    duplicate: 0,
    portal: 0,
    serverError: 0,
  });
  await clock.advance(CALM_MS);
  const brokenChain = life.station.book.firstBrokenEvent() !== null;
  await stop(world, life);
  return { ...(await compare(world, province)), crashes, brokenChain, counts: network.counts };
}

/** A scan, and with some chance the planted crash bug's snapshot of the book from before it. */
function scanSome(world: World, life: Life, card: string): void {
  const book = join(world.dataDir, "station", BOOK_FILE);
  if (world.bug === "commit-later" && !existsSync(`${book}.before`)) {
    life.station.book.checkpoint();
    copyFileSync(book, `${book}.before`);
  }
  const scan = {
    bytes: new Uint8Array(Buffer.from(card, "utf8")),
    atMs: world.clock.nowMs(),
    device: "simulated",
  };
  const { eventId } = life.station.take(scan, "lane-1");
  if (eventId === null) return;
  world.acknowledged.push(eventId);
  life.poke();
}

/** The process dies: its memory is gone, a request may still be on its way, the disk stays. */
async function crash(world: World, life: Life): Promise<Life> {
  life.station.close();
  const ending = life.end();
  await stopStore(world, life, ending);
  const book = join(world.dataDir, "station", BOOK_FILE);
  if (world.bug === "commit-later") copyFileSync(`${book}.before`, book);
  return boot(world);
}

async function stop(world: World, life: Life): Promise<void> {
  life.station.close();
  await stopStore(world, life, life.end());
}

async function stopStore(world: World, life: Life, ending: Promise<void>): Promise<void> {
  await world.network.settle();
  await ending;
  life.store.close();
}

async function boot(world: World): Promise<Life> {
  world.boots += 1;
  const { clock, random, network } = world;
  const store = await openStore(world);
  const enrolment = readEnrolment(store.settings);
  if (enrolment === null) throw new Error("not enrolled");
  const offset = createClockOffset(clock);
  const log = createLog(() => {});
  const bootId = `boot-${world.boots}`;
  const station = createStation({
    store,
    enrolment,
    clock,
    random,
    bootId,
    log,
    version: "0",
    shell: "browser",
    readHealthCertificate: createHealthCertificateReader([]),
    lanes: [
      {
        name: "lane-1",
        driver: "simulated",
        direction: "auto",
        label: null,
        sound: "normal",
        isShown: true,
      },
    ],
    offset: () => offset.current(),
    onOutcome() {},
  });
  const ending = new AbortController();
  const sync = startStationSync({
    station: { ...station, book: { ...station.book, ...sabotage(world.bug, station.book) } },
    settings: store.settings,
    enrolment,
    network: withGivingUp(world, network),
    clock,
    random,
    offset,
    bootId,
    log,
    signingKeys: openSigningKeys(store.settings, enrolment.answer.station),
    version: "0",
    onOrder() {},
    signal: ending.signal,
  });
  return {
    station,
    store,
    poke: () => sync.control.poke(),
    end() {
      ending.abort();
      return sync.ended;
    },
  };
}

function sabotage(bug: PlantedBug | null, book: Outbox): Partial<Outbox> {
  if (bug === "acknowledge-by-max") {
    let newest: readonly string[] = [];
    return {
      nextBatch(events, bytes, nowMs) {
        // A lazy queue that sends every second event and trusts the highest seq for the rest.
        const batch = book.nextBatch(events, bytes, nowMs);
        newest = batch.map((event) => event.eventId);
        return batch.length > 1 ? batch.slice(1) : batch;
      },
      acknowledge: (_ids, nowMs) => book.acknowledge(newest, nowMs),
    };
  }
  if (bug === "send-once") {
    const sent = new Set<string>();
    return {
      nextBatch(events, bytes, nowMs) {
        const batch = book
          .nextBatch(events, bytes, nowMs)
          .filter((event) => !sent.has(event.eventId));
        for (const event of batch) sent.add(event.eventId);
        return batch;
      },
    };
  }
  if (bug !== "acknowledge-when-sent") return {};
  return {
    nextBatch(events, bytes, nowMs) {
      const batch = book.nextBatch(events, bytes, nowMs);
      book.acknowledge(
        batch.map((event) => event.eventId),
        nowMs,
      );
      return batch;
    },
  };
}

function withGivingUp(world: World, network: SimulatedNetwork): Pick<SimulatedNetwork, "send"> {
  if (world.bug !== "give-up") return network;
  let hasFailed = false;
  return {
    async send(request, signal) {
      if (hasFailed) throw new Error("not tried again");
      try {
        return await network.send(request, signal);
      } catch (cause) {
        hasFailed = true;
        throw cause;
      }
    },
  };
}

function openStore(world: World): Promise<StationStore> {
  const { dataDir, clock, random } = world;
  return openStationStore({
    dataDir,
    clock,
    random,
    wrapping: plainKeyWrapping,
    onBallastReleased() {},
  });
}

async function enrolInCalm(world: World, province: Province): Promise<void> {
  const { random, clock, network } = world;
  const store = await openStore(world);
  const keyPair = signingKeyOf(store.settings, () =>
    keyPairFromSecret("ed25519", random.bytes(32)),
  );
  const { code } = await issueCode(
    { pool: province.pool, enrolmentKey: province.secrets.enrolmentKey, random },
    { ...world.gate, validHours: 24 },
    clock.nowMs(),
  );
  const enrolling = enrol({
    network,
    code,
    keyPair,
    appVersion: "0",
    signal: new AbortController().signal,
  });
  await clock.advance(5_000);
  const result = await enrolling;
  if (result.kind !== "enrolled") throw new Error(`not enrolled: ${JSON.stringify(result)}`);
  writeEnrolment(store.settings, { serverUrl: "http://127.0.0.1", answer: result.answer });
  store.close();
}

async function compare(
  world: World,
  province: Province,
): Promise<Pick<WorldResult, "acknowledged" | "lost" | "twice">> {
  const { rows } = await province.pool.query<{ event_id: string }>(
    "SELECT event_id FROM events WHERE event_id = ANY($1::uuid[])",
    [world.acknowledged],
  );
  const found = rows.map((row) => row.event_id);
  const known = new Set(found);
  return {
    acknowledged: world.acknowledged.length,
    lost: world.acknowledged.filter((id) => !known.has(id)),
    twice: found.filter((id, index) => found.indexOf(id) !== index),
  };
}
