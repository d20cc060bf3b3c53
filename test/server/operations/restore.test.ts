import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createServerLog } from "#server/log.ts";
import { openPool } from "#server/database/pool.ts";
import { restoreBackup } from "#server/operations/restore-backup.ts";
import { startServer } from "#server/start-server.ts";
import { systemClock } from "#server/ports.ts";
import { seededRandom, testClock } from "../support/ports.ts";
import { engines, startTestProvince, tempFolder } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { TestStation, newStation } from "../support/station.ts";
import { onlyLine, runIn } from "./support.ts";

const DAY_MS = 86_400_000;
const SLOW_MS = 120_000;
const log = createServerLog(() => {});

describe("a backup", () => {
  const folders: string[] = [];
  let province: TestProvince;
  let station: TestStation;
  let key: string;
  let file: string;
  beforeAll(async () => {
    province = await startTestProvince(
      engines.find(({ isHere, binaries }) => isHere && binaries) ?? engines[0]!,
    );
    station = await newStation(province);
    await station.send(station.events(60));
    await province.vault.catchUp();
    key = join(province.dataDir, "recovery.key");
    file = join(province.dataDir, "one.backup");
    await runIn(province, "case", "open", "VV-1", "--basis", "b", "--reason", "r");
    await runIn(province, "backup", "key", key);
    await runIn(province, "audit", "head");
    await runIn(province, "backup", file);
  });
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  afterAll(() => province.stop());

  function newFolder(): string {
    const folder = tempFolder("restore");
    folders.push(folder);
    return folder;
  }

  /** An empty database beside the province's own, in the same PostgreSQL. */
  async function emptyDatabase(name: string): Promise<string> {
    await province.pool.query(`CREATE DATABASE ${name}`);
    const { connection } = province.database;
    if (connection.kind !== "local") throw new Error("not local");
    const url = new URL(`postgresql://localhost/${name}`);
    url.username = connection.user;
    url.searchParams.set("host", connection.host);
    url.searchParams.set("port", String(connection.port));
    return url.href;
  }

  const restoreTo = (dataDir: string, databaseUrl: string | null, laterDays = 0) => {
    const clock = testClock(province.clock.nowMs() + laterDays * DAY_MS);
    return restoreBackup({ dataDir, path: file, recoveryKeyPath: key, databaseUrl, log }, clock);
  };

  test(
    "restored into a database of the province's own is served from there, and stations go on with it",
    { timeout: SLOW_MS },
    async () => {
      const url = await emptyDatabase("restored");
      const dataDir = newFolder();

      const report = await restoreTo(dataDir, url);
      const server = await startServer({
        dataDir,
        port: 0,
        databaseUrl: url,
        log,
        clock: testClock(province.clock.nowMs()),
        random: seededRandom("restored"),
      });
      const pool = await openPool({ kind: "url", url }, 2, log);
      onTestFinished(async () => {
        await pool.end();
        await server.stop();
      });
      const stored = await pool.query("SELECT FROM events");
      const engine = await pool.query<{ name: string }>(
        "SELECT current_setting('server_version') AS name",
      );

      expect(report).toMatchObject({ is_audit_sound: true, do_keys_fit: true, bodies_opened: 50 });
      expect(report.rows_deleted).toBe(0);
      expect(stored.rowCount).toBe(60);
      expect(existsSync(join(dataDir, "province", "pg"))).toBe(false);
      expect(engine.rows[0]?.name).toMatch(/^1[58]/);
      const code = await server.issueEnrolmentCode(
        await server.ensureGate({ place: "Chợ Mẫu", gate: "Cổng 1" }),
      );
      expect(code.code).toMatch(/^\d/);
    },
  );

  test("is never restored over what a database has", { timeout: SLOW_MS }, async () => {
    const url = await emptyDatabase("taken");
    await restoreTo(newFolder(), url);
    const dataDir = newFolder();

    await expect(restoreTo(dataDir, url)).rejects.toThrow("The database is not empty");

    expect(existsSync(join(dataDir, "province"))).toBe(false);
  });

  test(
    "older than the retention is restored without what is over, and says how much that was",
    { timeout: SLOW_MS },
    async () => {
      const url = await emptyDatabase("late");

      const report = await restoreTo(newFolder(), url, 40);

      expect(report).toMatchObject({ is_audit_sound: true, bodies_opened: 50 });
      expect(report.tables).toMatchObject({ events: 60, event_subjects: 60 });
      expect(report.rows_deleted).toBeGreaterThanOrEqual(120);
      const pool = await openPool({ kind: "url", url }, 2, log);
      onTestFinished(() => pool.end());
      expect((await pool.query("SELECT FROM events")).rowCount).toBe(0);
      expect((await pool.query("SELECT FROM event_subjects")).rowCount).toBe(0);
      const restored = { ...province, pool };
      const reports = await runIn(restored, "retention", "reports");
      expect(onlyLine(reports)).toMatchObject({ is_signature_valid: true });
      expect(onlyLine(await runIn(restored, "audit", "verify"))).toMatchObject({ sound: true });
    },
  );

  test(
    "served by a server that stood still for weeks shows nothing that is over when its doors open",
    { timeout: SLOW_MS },
    async () => {
      const url = await emptyDatabase("still");
      const dataDir = newFolder();
      const report = await restoreTo(dataDir, url);
      const laterMs = province.clock.nowMs() + 29 * DAY_MS - systemClock.nowMs();
      const pool = await openPool({ kind: "url", url }, 1, log);

      const server = await startServer({
        dataDir,
        port: 0,
        databaseUrl: url,
        log,
        clock: { ...systemClock, nowMs: () => systemClock.nowMs() + laterMs },
        random: seededRandom("still"),
      });
      const left = await pool.query("SELECT FROM events");
      await pool.end();
      await server.stop();

      expect(report.rows_deleted).toBe(0);
      expect(left.rowCount).toBe(0);
    },
  );

  test(
    "is refused by name when it is damaged, cut off, foreign or for another key",
    { timeout: SLOW_MS },
    async () => {
      const whole = readFileSync(file);
      const bad = join(province.dataDir, "bad.backup");
      const url = await emptyDatabase("refused");
      const other = join(province.dataDir, "other.key");
      writeFileSync(other, `TRAMQR-RECOVERY-1 ${"A".repeat(43)}\n`);
      const flipped = Buffer.from(whole);
      flipped[whole.length >> 1] = (flipped[whole.length >> 1] ?? 0) ^ 4;
      const given: readonly (readonly [Buffer, string])[] = [
        [flipped, "is damaged"],
        [whole.subarray(0, whole.length - 40), "cut off"],
        [Buffer.from("PGDMP of another program ".repeat(4)), "no backup of this program"],
      ];

      for (const [bytes, words] of given) {
        writeFileSync(bad, bytes);
        const options = { dataDir: newFolder(), recoveryKeyPath: key, databaseUrl: url, log };
        await expect(restoreBackup({ ...options, path: bad }, testClock())).rejects.toThrow(words);
      }
      copyFileSync(file, bad);
      const options = { dataDir: newFolder(), path: bad, databaseUrl: url, log };
      await expect(
        restoreBackup({ ...options, recoveryKeyPath: other }, testClock()),
      ).rejects.toThrow("another recovery key");

      const pool = await openPool({ kind: "url", url }, 1, log);
      const tables = await pool.query("SELECT FROM pg_tables WHERE schemaname = 'public'");
      await pool.end();
      expect(tables.rowCount).toBe(0);
    },
  );
});
