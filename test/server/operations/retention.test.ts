import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { localDay } from "#core/dates.ts";
import { ensureDays } from "#server/database/days.ts";
import { runRetention } from "#server/operations/retention.ts";
import { cluster, engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { newStation } from "../support/station.ts";
import type { TestStation } from "../support/station.ts";
import { onlyLine, runIn } from "./support.ts";

const DAY_MS = 86_400_000;
/** Days before the test's now on which two entries each are made. */
const AGES = [40, 30, 29, 28, 1, 0];

type Report = {
  readonly report_id: number;
  readonly report: {
    readonly rows: number;
    readonly first_day_kept: string;
    readonly deleted: readonly { readonly table: string; readonly day: string | null }[];
    readonly held: readonly { readonly case_number: string }[];
  };
};

describe.each([engines[0]!, cluster])("the retention of $name", (engine) => {
  let province: TestProvince;
  let station: TestStation;
  beforeAll(async () => {
    province = await startTestProvince(engine);
    station = await newStation(province);
    const now = province.clock.nowMs();
    for (const age of AGES) {
      await ensureDays(province.pool, now - age * DAY_MS);
      await station.send(station.events(2, { wall_ms: now - age * DAY_MS }));
    }
    // A clock that stood still decades ago; arrived today.
    await station.send(station.events(2, { wall_ms: Date.UTC(1999, 0, 1) }));
    await province.vault.catchUp();
    await runIn(province, "case", "open", "VV-7", "--basis", "b", "--reason", "r");
    const day = dayBefore(30);
    await runIn(province, "hold", "add", "--case", "VV-7", "--from", day, "--to", day);
  });
  afterAll(() => province.stop());

  const dayBefore = (age: number) => localDay(province.clock.nowMs() - age * DAY_MS);

  async function daysOf(table: string): Promise<readonly string[]> {
    const found = await province.pool.query<{ local_day: string }>(
      `SELECT DISTINCT local_day FROM ${table} ORDER BY 1`,
    );
    return found.rows.map((row) => row.local_day);
  }

  test("deletes whole days of every daily table, but not days that a case holds, and signs for it", async () => {
    const said = await runIn(province, "retention", "run");

    const kept = ["1999-01-01", ...[30, 28, 1, 0].map(dayBefore)];
    expect(await daysOf("events")).toEqual(kept);
    expect(await daysOf("event_subjects")).toEqual(kept);
    const { report } = onlyLine(said) as unknown as Report;
    expect(report.first_day_kept).toBe(dayBefore(28));
    const days = report.deleted.filter(({ table }) => table === "events").map(({ day }) => day);
    expect(days).toContain(dayBefore(40));
    expect(days).toContain(dayBefore(29));
    expect(days).not.toContain(dayBefore(30));
    expect(report.held.map((hold) => hold.case_number)).toEqual(["VV-7"]);
    const reports = await runIn(province, "retention", "reports");
    expect(reports.code).toBe(0);
    expect(onlyLine(reports)).toMatchObject({ is_signature_valid: true });
  });

  test("has nothing to do and nothing to report the second time", async () => {
    const said = await runIn(province, "retention", "run");

    expect(said.out).toEqual([]);
    expect(said.err).toContain("Nothing was old enough");
    expect((await runIn(province, "retention", "reports")).out).toHaveLength(1);
  });

  test("keeps the memory of what was received: nothing that was deleted comes back as new", async () => {
    const hello = await station.hello({ acknowledged_upto: station.seq });

    expect(hello.comparison).toBe("equal");
    expect(hello.contiguous_upto).toBe(station.seq);
  });

  test("takes what a wrong clock dated when it has been here for 28 days", async () => {
    province.clock.advance(27 * DAY_MS);
    await runIn(province, "retention", "run");
    expect(await daysOf("events")).toContain("1999-01-01");

    province.clock.advance(2 * DAY_MS);
    await runIn(province, "retention", "run");

    expect(await daysOf("events")).not.toContain("1999-01-01");
    expect(await daysOf("event_subjects")).not.toContain("1999-01-01");
  });

  test("takes a held day once the hold is released", async () => {
    expect(await daysOf("events")).toEqual([dayBefore(30 + 29)]);
    expect((await runIn(province, "hold", "release", "1")).code).toBe(0);
    expect((await runIn(province, "hold", "release", "1")).code).toBe(1);

    await runIn(province, "retention", "run");

    expect(await daysOf("events")).toEqual([]);
  });

  test("reports what a killed run had deleted", async () => {
    const { pool, clock } = province;
    await pool.query(
      `INSERT INTO deletions (table_name, local_day, row_count, deleted_at_ms) VALUES ('events', '2026-01-01', 7, $1)`,
      [clock.nowMs()],
    );

    const signed = await runRetention(province, { days: 28, actor: "local:test" });

    expect(signed?.report.rows).toBe(7);
    const open = await pool.query("SELECT FROM deletions WHERE report_id IS NULL");
    expect(open.rowCount).toBe(0);
  });

  test("notices a report that was changed afterwards", async () => {
    await province.pool.query(
      `UPDATE deletion_reports SET report = replace(report, '"rows":7', '"rows":6')`,
    );

    const said = await runIn(province, "retention", "reports");

    expect(said.code).toBe(1);
    expect(said.out.filter((line) => line.includes('"is_signature_valid":false'))).toHaveLength(1);
  });

  test("is never longer than 28 days, and wants real days and cases for holds", async () => {
    const said = [
      await runIn(province, "retention", "run", "--days", "29"),
      await runIn(province, "retention", "run", "--days", "0"),
      await runIn(
        province,
        "hold",
        "add",
        "--case",
        "NONE",
        "--from",
        "2026-11-01",
        "--to",
        "2026-11-02",
      ),
      await runIn(
        province,
        "hold",
        "add",
        "--case",
        "VV-7",
        "--from",
        "2026-11-03",
        "--to",
        "2026-11-02",
      ),
      await runIn(
        province,
        "hold",
        "add",
        "--case",
        "VV-7",
        "--from",
        "2026-13-01",
        "--to",
        "2026-13-02",
      ),
    ];

    expect(said.map(({ code }) => code)).toEqual([2, 2, 1, 1, 1]);
  });
});
