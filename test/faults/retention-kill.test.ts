import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { localDay } from "#core/dates.ts";
import { ensureDays } from "#server/database/days.ts";
import { isPassing } from "#server/database/errors.ts";
import { listDeletionReports } from "#server/operations/deletion-report.ts";
import type { DeletionReport } from "#server/operations/deletion-report.ts";
import { OperationsBusy } from "#server/operations/one-at-a-time.ts";
import { runRetention } from "#server/operations/retention.ts";
import { checkTrail } from "#server/vault/audit-trail.ts";
import { engines, startTestProvince } from "../server/support/province.ts";
import type { TestProvince } from "../server/support/province.ts";
import { newStation, uuid } from "../server/support/station.ts";
import type { TestStation } from "../server/support/station.ts";

const KILLS = Number(process.env["TRAMQR_RETENTION_KILLS"] ?? 20);
const DAY_MS = 86_400_000;
/** Days that come to their end between one run and the next. */
const STEP_DAYS = 3;
const PER_DAY = 3;

/** What the province has said that it has, by local day. */
type Acknowledged = Map<string, Set<string>>;

test(
  `retention killed ${KILLS} times, itself or its database, loses nothing, keeps nothing and signs nothing false`,
  { timeout: 60_000 + KILLS * 10_000 },
  async () => {
    const province = await startTestProvince(engines[0]!);
    onTestFinished(() => province.stop());
    const station = await newStation(province);
    const acknowledged: Acknowledged = new Map();
    const runner = createRunner(province);
    onTestFinished(() => runner.stop());
    const wholeMs = await measureRun(province, station, acknowledged);
    const seen = { interrupted: 0, halfDone: 0 };

    for (let kill = 0; kill < KILLS; kill += 1) {
      await ageByDays(province, station, acknowledged);
      const afterMs = Math.random() * wholeMs * 2;
      const isWhole =
        kill % 2 === 0
          ? await runner.runUntilKilled(afterMs)
          : await runUntilDatabaseKilled(province, afterMs);
      if (!isWhole) seen.interrupted += 1;
      await untilBack(province);
      const open = await province.pool.query("SELECT FROM deletions WHERE report_id IS NULL");
      if (open.rowCount !== 0) seen.halfDone += 1;
      await expectSound(province, acknowledged);
    }
    await runToItsEnd(province);

    expect(seen.interrupted).toBeGreaterThan(KILLS / 4);
    expect(seen.halfDone).toBeGreaterThan(0);
    await expectSound(province, acknowledged);
    await expectNothingOld(province, acknowledged);
    console.log(
      `retention: ${KILLS} kills, ${seen.interrupted} in the midst of a run, ${seen.halfDone} of them between two days`,
    );
  },
);

/** A few days that are about to end, and today's entries; then time goes on. */
async function ageByDays(
  province: TestProvince,
  station: TestStation,
  acknowledged: Acknowledged,
): Promise<void> {
  const { pool, clock } = province;
  const nowMs = clock.nowMs();
  for (let age = 27; age > 27 - STEP_DAYS; age -= 1) {
    await ensureDays(pool, nowMs - age * DAY_MS);
    await upload(station, acknowledged, nowMs - age * DAY_MS);
  }
  await upload(station, acknowledged, nowMs);
  const oldMs = nowMs - 27 * DAY_MS;
  await pool.query("INSERT INTO declarations VALUES ($1, 'health', NULL, $2, $3, $4, $4)", [
    uuid(oldMs),
    Buffer.alloc(16, 1),
    Buffer.alloc(60, 2),
    oldMs,
  ]);
  clock.advance(STEP_DAYS * DAY_MS);
}

async function upload(
  station: TestStation,
  acknowledged: Acknowledged,
  atMs: number,
): Promise<void> {
  const events = station.events(PER_DAY, { wall_ms: atMs });
  for (;;) {
    try {
      const { answers } = await station.send(events);
      expect(answers.map(({ result }) => result)).toEqual(
        answers.map(() => expect.stringMatching(/^(stored|duplicate)$/)),
      );
      break;
    } catch (cause) {
      if (!(cause instanceof Error) || !cause.message.startsWith("503 ")) throw cause;
      await sleep(30);
    }
  }
  const day = localDay(atMs);
  const known = acknowledged.get(day) ?? new Set();
  acknowledged.set(day, new Set([...known, ...events.map((event) => event.header.event_id)]));
}

/** How long a run takes that nobody kills. */
async function measureRun(
  province: TestProvince,
  station: TestStation,
  acknowledged: Acknowledged,
): Promise<number> {
  await ageByDays(province, station, acknowledged);
  const startedMs = performance.now();
  await runToItsEnd(province);
  return performance.now() - startedMs;
}

/** A killed process leaves a statement at work in the database for a moment. */
async function runToItsEnd(province: TestProvince): Promise<void> {
  for (;;) {
    try {
      await runRetention(province, { days: 28, actor: "local:test" });
      return;
    } catch (cause) {
      if (!(cause instanceof OperationsBusy) && !isPassing(cause)) throw cause;
      await sleep(20);
    }
  }
}

/** True when the run was over before its database was killed. */
async function runUntilDatabaseKilled(province: TestProvince, afterMs: number): Promise<boolean> {
  const { pid } = province.database;
  const state = { isWhole: false };
  const running = runRetention(province, { days: 28, actor: "local:test" }).then(
    () => (state.isWhole = true),
    () => undefined,
  );
  await sleep(afterMs);
  const wasWhole = state.isWhole;
  const killed = pid();
  process.kill(killed, "SIGKILL");
  await running;
  while (pid() === killed) await sleep(10);
  return wasWhole;
}

/** The retention in a process of its own; one that was not hit goes on to the next round. */
function createRunner(province: TestProvince) {
  const script = join(import.meta.dirname, "retention-runner.ts");
  let child: ChildProcess | null = null;
  let lines: AsyncIterator<string> | null = null;

  async function start(): Promise<ChildProcess> {
    const args = [script, JSON.stringify(province.database.connection)];
    const started = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "ignore"] });
    lines = createInterface({ input: started.stdout })[Symbol.asyncIterator]();
    await lines.next();
    return started;
  }

  return {
    /** True when the run was over before it was killed. */
    async runUntilKilled(afterMs: number): Promise<boolean> {
      child = await start();
      const gone = new Promise((resolve) => child?.once("exit", resolve));
      child.stdin?.write(`${province.clock.nowMs()}\n`);
      const done = lines?.next();
      await sleep(afterMs);
      child.kill("SIGKILL");
      await gone;
      const last = await done;
      return last?.value === "done";
    },
    stop: () => void child?.kill("SIGKILL"),
  };
}

async function untilBack(province: TestProvince): Promise<void> {
  await expect
    .poll(
      () =>
        province.pool
          .query("SELECT 1")
          .then(() => "back")
          .catch(() => "away"),
      {
        timeout: 30_000,
      },
    )
    .toBe("back");
}

/** Everything within the limit is there; what is said to be deleted is gone, all of it and counted once. */
async function expectSound(province: TestProvince, acknowledged: Acknowledged): Promise<void> {
  const { pool, clock, secrets } = province;
  const cutoffDay = localDay(clock.nowMs() - 28 * DAY_MS);
  const stored = new Set(
    (await pool.query<{ event_id: string }>("SELECT event_id FROM events")).rows.map(
      (row) => row.event_id,
    ),
  );
  const deleted = await pool.query<{ local_day: string; rows: number }>(
    `SELECT local_day, row_count AS rows FROM deletions WHERE table_name = 'events' AND row_count > 0`,
  );
  const countOf = new Map(deleted.rows.map((row) => [row.local_day, row.rows]));
  expect(countOf.size).toBe(deleted.rows.length);
  for (const [day, ids] of acknowledged) {
    const left = [...ids].filter((id) => stored.has(id)).length;
    if (day >= cutoffDay) expect([day, left]).toEqual([day, ids.size]);
    expect([day, left + (countOf.get(day) ?? 0)]).toEqual([day, ids.size]);
  }
  const reports = await listDeletionReports(pool, secrets);
  expect(reports.every((report) => report.is_signature_valid)).toBe(true);
  for (const { report } of reports) {
    for (const { table, day, rows } of (report as DeletionReport).deleted) {
      if (table === "events" && day !== null && rows > 0) {
        expect([day, rows]).toEqual([day, countOf.get(day)]);
      }
    }
  }
}

async function expectNothingOld(province: TestProvince, acknowledged: Acknowledged): Promise<void> {
  const { pool, clock, secrets } = province;
  const cutoffDay = localDay(clock.nowMs() - 28 * DAY_MS);
  const old = await pool.query("SELECT FROM events WHERE local_day < $1", [cutoffDay]);
  const declared = await pool.query("SELECT FROM declarations WHERE declared_at_ms < $1", [
    clock.nowMs() - 28 * DAY_MS,
  ]);
  const unreported = await pool.query("SELECT FROM deletions WHERE report_id IS NULL");
  const reports = await listDeletionReports(pool, secrets);
  const reportedDays = reports.flatMap(({ report }) =>
    (report as DeletionReport).deleted.flatMap(({ table, day, rows }) =>
      table === "events" && day !== null && rows > 0 ? [day] : [],
    ),
  );
  const trail = await checkTrail(pool, {
    publicKey: secrets.answerKey.publicKey,
    cutBeforeMs: 0,
  });

  expect([old.rowCount, declared.rowCount, unreported.rowCount]).toEqual([0, 0, 0]);
  expect(reportedDays.toSorted()).toEqual(
    [...acknowledged.keys()].filter((day) => day < cutoffDay).toSorted(),
  );
  expect(trail.sound).toBe(true);
}
