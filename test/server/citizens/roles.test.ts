import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sqlState } from "#server/database/errors.ts";
import { inTransaction, openPool } from "#server/database/pool.ts";
import type { DatabaseRole, Pool } from "#server/database/pool.ts";
import { buildServer } from "#server/http/build-server.ts";
import { createServerLog } from "#server/log.ts";
import { openProvince } from "#server/province.ts";
import { pairNext } from "#server/tracing/pair-step.ts";
import { createVault } from "#server/vault/vault.ts";
import { seededRandom, testClock } from "../support/ports.ts";
import { engines, startTestProvince, tempFolder } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { enrolRaw, newStation, TestStation } from "../support/station.ts";
import { Value } from "typebox/value";
import { EnrolmentAnswer } from "#contract/wire.ts";
import { generateKeyPair } from "#sealing/keys.ts";
import { ANSWERS, newToken, postJson } from "./desk.ts";

const log = createServerLog(() => {});
const REFUSED = "42501";

describe.each(engines.filter((engine) => engine.isHere))("database roles on $name", (engine) => {
  let province: TestProvince;
  const pools = new Map<DatabaseRole, Pool>();
  beforeAll(async () => {
    province = await startTestProvince(engine);
    for (const role of [
      "tramqr_ingest",
      "tramqr_vault",
      "tramqr_tracing",
      "tramqr_citizens",
    ] as const) {
      pools.set(role, await openPool(province.database.connection, 4, log, role));
    }
  });
  afterAll(async () => {
    for (const pool of pools.values()) await pool.end();
    await province.stop();
  });

  /** `done`, or PostgreSQL's reason. Nothing stays. */
  async function attempt(role: DatabaseRole, sql: string): Promise<string> {
    const undo = new Error("undo");
    try {
      await inTransaction(pools.get(role)!, async (client) => {
        await client.query(sql);
        throw undo;
      });
      return "committed";
    } catch (cause) {
      return cause === undo ? "done" : sqlState(cause);
    }
  }

  const appOf = (role: DatabaseRole) => {
    const { secrets, clock, random } = province;
    return buildServer({ pool: pools.get(role)!, secrets, clock, random, log, version: "test" });
  };

  test.each([
    ["tramqr_ingest", "SELECT sealed_body FROM events"],
    ["tramqr_ingest", "SELECT * FROM event_subjects"],
    ["tramqr_ingest", "SELECT * FROM document_links"],
    ["tramqr_ingest", "SELECT * FROM personal_codes"],
    ["tramqr_ingest", "SELECT * FROM declarations"],
    ["tramqr_ingest", "SELECT * FROM visits"],
    ["tramqr_ingest", "SELECT * FROM audit"],
    ["tramqr_ingest", "DELETE FROM events"],
    ["tramqr_ingest", "UPDATE events SET place = 'x'"],
    ["tramqr_tracing", "SELECT sealed_body FROM events"],
    ["tramqr_tracing", "SELECT * FROM document_links"],
    ["tramqr_tracing", "SELECT * FROM personal_codes"],
    ["tramqr_tracing", "SELECT * FROM declarations"],
    ["tramqr_tracing", "SELECT * FROM feedback"],
    ["tramqr_tracing", "UPDATE event_subjects SET subject = NULL"],
    ["tramqr_tracing", "DELETE FROM audit"],
    ["tramqr_tracing", "UPDATE audit SET record = '{}'"],
    ["tramqr_citizens", "SELECT sealed_body FROM events"],
    ["tramqr_citizens", "SELECT sealed_body FROM declarations"],
    ["tramqr_citizens", "SELECT sealed_body FROM feedback"],
    ["tramqr_citizens", "SELECT document FROM personal_codes"],
    ["tramqr_citizens", "SELECT * FROM event_subjects"],
    ["tramqr_citizens", "SELECT * FROM visits"],
    ["tramqr_citizens", "SELECT * FROM stations"],
    ["tramqr_citizens", "SELECT * FROM access_keys"],
    ["tramqr_citizens", "DELETE FROM document_links"],
    ["tramqr_vault", "INSERT INTO cases (case_number) VALUES ('x')"],
    ["tramqr_vault", "SELECT * FROM access_keys"],
    ["tramqr_vault", "DELETE FROM audit"],
    ["tramqr_vault", "DELETE FROM events"],
    ["tramqr_vault", "CREATE TABLE mine (x int)"],
  ] as const)("%s may not: %s", async (role, sql) => {
    expect(await attempt(role, sql)).toBe(REFUSED);
  });

  test.each([
    ["tramqr_ingest", "SELECT event_id, place FROM events"],
    ["tramqr_tracing", "SELECT subject FROM event_subjects"],
    ["tramqr_vault", "SELECT sealed_body FROM events"],
  ] as const)("%s may: %s", async (role, sql) => {
    expect(await attempt(role, sql)).toBe("done");
  });

  test("each part does its whole work under its own role", async () => {
    const ingest = appOf("tramqr_ingest");
    const keys = generateKeyPair("ed25519");
    const answered = await enrolRaw(ingest, await province.newCode(), keys);
    const enrolment = Value.Parse(EnrolmentAnswer, JSON.parse(answered.body));
    const station = new TestStation(ingest, enrolment, keys, () => province.clock.nowMs());
    const entry = station.event();
    const undo = station.event({
      type: "undo",
      details: { target: station.event().header.event_id },
    });

    await station.hello();
    expect(await station.results([entry, undo])).toEqual(["stored", "stored"]);
    expect(await station.results([entry])).toEqual(["duplicate"]);
    const citizens = { ...province, app: appOf("tramqr_citizens") };
    const paths = [
      "check-ins",
      "personal-codes",
      "personal-codes",
      "feedback",
      "declarations/movement",
    ];
    for (const path of paths) {
      const extra = {
        category: "other",
        text: "Xin cảm ơn",
        transport: "car",
        from: "A",
        to: "B",
        departs: "mai",
      };
      const body = {
        ...ANSWERS,
        ...extra,
        token: await newToken(citizens),
        place_code: "12345678",
      };
      expect([path, (await postJson(citizens, `/v1/public/${path}`, body)).status]).toEqual([
        path,
        200,
      ]);
    }
    const { secrets, clock } = province;
    await createVault({ pool: pools.get("tramqr_vault")!, secrets, clock, log }).catchUp();
    const paired = await pairNext(pools.get("tramqr_tracing")!);

    expect(paired.kind).toBe("paired");
    const subjects = await province.pool.query(
      "SELECT FROM event_subjects WHERE subject IS NOT NULL",
    );
    expect(subjects.rowCount).toBeGreaterThanOrEqual(3);
    await ingest.close();
    await citizens.app.close();
  });

  test("a station of before the roles goes on as it did", async () => {
    const station = await newStation(province);

    expect(await station.results([station.event()])).toEqual(["stored"]);
  });
});

test("a province gives citizens and the vault their own roles from its start", async () => {
  const dataDir = tempFolder("roles");
  const options = {
    dataDir,
    databaseUrl: null,
    provinceName: "Mẫu",
    clock: testClock(),
    random: seededRandom("a"),
    log,
  };
  const opened = await openProvince(options);

  const citizens = await opened.citizensPool.query("SELECT current_user AS name");
  const activity = opened.citizensPool.query("SELECT FROM access_keys");

  await expect(activity).rejects.toMatchObject({ code: REFUSED });
  expect(citizens.rows).toEqual([{ name: "tramqr_citizens" }]);
  await opened.vault.catchUp();
  await opened.close();
  rmSync(dataDir, { recursive: true });
});
