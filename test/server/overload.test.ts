import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Value } from "typebox/value";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EnrolmentAnswer } from "#contract/wire.ts";
import { generateKeyPair } from "#sealing/keys.ts";
import { createUploadTraffic } from "#server/ingest/upload-traffic.ts";
import { createServerLog } from "#server/log.ts";
import { systemClock, systemRandom } from "#server/ports.ts";
import { openProvince } from "#server/province.ts";
import { startServer } from "#server/start-server.ts";
import type { RunningServer } from "#server/start-server.ts";
import { httpApp } from "./support/http-app.ts";
import { testClock } from "./support/ports.ts";
import { engines, startTestProvince, tempFolder } from "./support/province.ts";
import type { TestProvince } from "./support/province.ts";
import { TestStation, enrolRaw, lineOf, newStation } from "./support/station.ts";
import type { SentEvent } from "./support/station.ts";

const log = createServerLog(() => {});

describe("a server that is asked for more than it can do", () => {
  let province: TestProvince;
  beforeAll(async () => {
    province = await startTestProvince(engines[0]!);
  });
  afterAll(() => province.stop());

  async function storedCount(stations: readonly TestStation[]): Promise<number> {
    const found = await province.pool.query<{ count: number }>(
      "SELECT count(*) FROM events JOIN instances USING (instance_key) WHERE station = ANY($1)",
      [stations.map((station) => station.id)],
    );
    return found.rows[0]?.count ?? 0;
  }

  async function newStations(count: number, app = province.app): Promise<readonly TestStation[]> {
    const stations: TestStation[] = [];
    for (let index = 0; index < count; index += 1) stations.push(await newStation(province));
    for (const station of stations) station.app = app;
    return stations;
  }

  test("works on what it has room for, and sends the rest away with a time to come back", async () => {
    const stations = await newStations(12, province.anotherApp({ maxInFlight: 4 }));
    const batches = stations.map((station) => station.events(20).map(lineOf));
    const holding = await province.pool.connect();
    // Nothing can be stored, so that whoever was let in stays in.
    await holding.query("BEGIN; LOCK TABLE instances IN EXCLUSIVE MODE");

    const sending = stations.map((station, index) => station.sendLines(batches[index] ?? []));
    await sleep(300);
    await holding.query("COMMIT");
    holding.release();
    const answered = await Promise.all(sending);

    const away = answered.filter(({ status }) => status === 429);
    expect(answered.filter(({ status }) => status === 200)).toHaveLength(4);
    expect(away).toHaveLength(8);
    for (const { headers } of away) {
      expect(Number(headers["retry-after"])).toBeGreaterThanOrEqual(5);
      expect(Number(headers["retry-after"])).toBeLessThan(10);
    }
    expect(await storedCount(stations)).toBe(4 * 20);
  });

  test("has everything once, as soon as those come again that were sent away", async () => {
    const stations = await newStations(10, province.anotherApp({ maxInFlight: 2 }));
    const batches = stations.map((station) => [station.events(30), station.events(30)]);
    let sentAway = 0;

    await Promise.all(
      stations.map(async (station, index) => {
        for (const batch of batches[index] ?? []) sentAway += await sendUntilTaken(station, batch);
      }),
    );

    expect(sentAway).toBeGreaterThan(0);
    expect(await storedCount(stations)).toBe(10 * 60);
  });

  test("answers 503 when no connection to the database is free, and stores again when one is", async () => {
    const [station] = (await newStations(1)) as [TestStation];
    const lines = station.events(5).map(lineOf);
    const connections = await Promise.all(
      Array.from({ length: province.pool.options.max }, () => province.pool.connect()),
    );

    const answered = await station.sendLines(lines);
    for (const connection of connections) connection.release();

    expect(answered.status).toBe(503);
    expect(Number(answered.headers["retry-after"])).toBeGreaterThan(0);
    expect((await station.sendLines(lines)).status).toBe(200);
    expect(await storedCount([station])).toBe(5);
  });

  test("lets no statement, lock or forgotten transaction hold a connection for long", async () => {
    const found = await province.pool.query<{ name: string; setting: string }>(
      `SELECT name, setting FROM pg_settings
       WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')`,
    );

    const limitsMs = found.rows.map(({ setting }) => Number(setting));
    expect(limitsMs).toHaveLength(3);
    for (const limitMs of limitsMs) {
      expect(limitMs).toBeGreaterThan(0);
      expect(limitMs).toBeLessThanOrEqual(30_000);
    }
  });
});

/** How often it was sent away before it was taken. */
async function sendUntilTaken(station: TestStation, batch: readonly SentEvent[]): Promise<number> {
  for (let tries = 0; ; tries += 1) {
    const { status } = await station.sendLines(batch.map(lineOf));
    if (status === 200) return tries;
    expect(status).toBe(429);
    await sleep(5);
  }
}

describe("a server that is stopped while batches come in", () => {
  test("keeps everything that it said it has, and ends in order", { timeout: 60_000 }, async () => {
    const dataDir = join(tempFolder("stop"), "data");
    const options = { dataDir, databaseUrl: null, clock: systemClock, random: systemRandom, log };
    const server = await startServer({ ...options, port: 0 });
    const stations = await Promise.all(Array.from({ length: 4 }, () => enrolledAt(server)));

    const uploading = stations.map(uploadUntilRefused);
    await sleep(700);
    await server.stop();
    const taken = (await Promise.all(uploading)).flat();

    const province = await openProvince({ ...options, provinceName: "Tỉnh Mẫu" });
    const found = await province.pool.query<{ event_id: string }>("SELECT event_id FROM events");
    const behind = await province.pool.query(
      "SELECT FROM instances WHERE head_seq > contiguous_upto",
    );
    await province.close();
    rmSync(join(dataDir, ".."), { recursive: true, force: true });
    const stored = new Set(found.rows.map((row) => row.event_id));
    expect(taken.length).toBeGreaterThan(100);
    expect(taken.filter((id) => !stored.has(id))).toEqual([]);
    expect(stored.size).toBe(found.rows.length);
    expect(behind.rowCount).toBe(0);
  });
});

async function enrolledAt(server: RunningServer): Promise<TestStation> {
  const gate = await server.ensureGate({ place: "Chợ Mẫu", gate: "Cổng 1" });
  const { code } = await server.issueEnrolmentCode(gate);
  const keys = generateKeyPair("ed25519");
  const app = httpApp(server.url);
  const answered = await enrolRaw(app, code, keys);
  const enrolment = Value.Parse(EnrolmentAnswer, JSON.parse(answered.body));
  return new TestStation(app, enrolment, keys, Date.now);
}

/** Ids that the server has answered for, until it is gone or says that it goes. */
async function uploadUntilRefused(station: TestStation): Promise<readonly string[]> {
  const taken: string[] = [];
  for (;;) {
    const events = station.events(20);
    const answered = await station.sendLines(events.map(lineOf)).catch((cause: unknown) => {
      // The port is closed, or the connection was idle when it was.
      expect(cause).toBeInstanceOf(TypeError);
      return null;
    });
    if (answered?.status !== 200) {
      expect([undefined, 503]).toContain(answered?.status);
      return taken;
    }
    taken.push(...events.map((event) => event.header.event_id));
  }
}

describe("work that can wait", () => {
  test("takes a tenth of the time while uploads come in, and all of it when they do not", () => {
    const clock = testClock();
    const traffic = createUploadTraffic(clock);

    const before = traffic.restMs(40);
    traffic.came();
    clock.advance(1_000);
    const during = traffic.restMs(40);
    clock.advance(1);
    const after = traffic.restMs(40);

    expect([before, during, after]).toEqual([0, 360, 0]);
  });

  test("never rests for more than two seconds, however slow the machine is", () => {
    const traffic = createUploadTraffic(testClock());
    traffic.came();

    expect(traffic.restMs(60_000)).toBe(2_000);
  });
});
