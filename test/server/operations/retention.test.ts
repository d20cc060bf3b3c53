import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { localDay } from "#core/dates.ts";
import { ensureDays } from "#server/database/days.ts";
import { listTables } from "#server/operations/catalogue.ts";
import { runRetention } from "#server/operations/retention.ts";
import { retentionRules } from "#server/operations/retention-rules.ts";
import { cluster, engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { newStation, uuid } from "../support/station.ts";
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

/** One row of each table that is not filed by day, as old as its `atMs`. */
async function addOldRows(province: TestProvince, atMs: number, mark: number): Promise<void> {
  const { place, gate } = province.place;
  const [one, two] = [Buffer.alloc(16, mark), Buffer.alloc(16, mark + 1)];
  const [sealed, hash] = [Buffer.alloc(60, mark), Buffer.alloc(32, mark)];
  const day = localDay(atMs);
  const rows: readonly (readonly [string, readonly unknown[]])[] = [
    ["legacy_entries VALUES ($1, $2, $3, $4, NULL, $5, 'cccd', $4)", [hash, place, day, atMs, one]],
    ["undone_entries VALUES ($1, $1, 's', $2)", [uuid(atMs), day]],
    ["heard_hours VALUES ($1, $2, $3)", [gate, atMs - (atMs % 3_600_000), place]],
    [
      `quarantine (station, raw_sha256, raw, reason, received_at_ms)
       SELECT station, $1, $1, 'fork', $2 FROM stations LIMIT 1`,
      [hash, atMs],
    ],
    ["declarations VALUES ($1, 'health', NULL, $2, $3, $4, $4)", [uuid(atMs), one, sealed, atMs]],
    [
      "feedback (feedback, category, sealed_body, received_at_ms, closed_at_ms, closed_by) VALUES ($1, 'x', $2, $3, $3, 'y')",
      [uuid(atMs), sealed, atMs],
    ],
    [
      "enrolment_codes (code_id, secret_hash, place, gate, made_at_ms, expires_at_ms) VALUES ($1, $2, $3, $4, $5, $5)",
      [String(100_000 + mark), hash, place, gate, atMs],
    ],
    ["boots SELECT station, $1, 0, $2 FROM stations LIMIT 1", [`boot-${mark}`, atMs]],
    ["personal_codes VALUES ($1, $2, $2, $3, $4, $4)", [one, two, sealed, atMs]],
    [
      "document_links (subject, same_as, basis, made_at_ms, approved_at_ms) VALUES ($1, $2, 'personal-code', $3, $3)",
      [one, two, atMs],
    ],
    ["cases VALUES ($1, 'b', 'r', 'x', $2)", [`C-${mark}`, atMs]],
    ["traces VALUES ($1, $2, 'x', '{}', 1, $3)", [`t-${mark}`, `C-${mark}`, atMs]],
    ["trace_persons VALUES ($1, $2)", [one, `t-${mark}`]],
    [
      `approval_requests (request, case_number, asked_by, asked_at_ms, question, reason, persons)
       VALUES ($1, $2, 'x', $3, '{}', 'r', 1)`,
      [`r-${mark}`, `C-${mark}`, atMs],
    ],
    ["unknown_place_codes VALUES ($1, 'code', 1, $2, $2)", [hash, atMs]],
  ];
  for (const [sql, values] of rows) {
    await province.pool.query(`INSERT INTO ${sql}`, [...values]);
  }
}

describe("the rules of retention", () => {
  let province: TestProvince;
  beforeAll(async () => {
    // A cluster can carry out less than one PostgreSQL: what works here works there.
    province = await startTestProvince(cluster);
    const station = await newStation(province);
    await station.send(station.events(1));
  });
  afterAll(() => province.stop());

  async function countsOf(tables: readonly string[]): Promise<Readonly<Record<string, number>>> {
    const counts: Record<string, number> = {};
    for (const table of tables) {
      const found = await province.pool.query<{ n: number }>(`SELECT count(*) AS n FROM ${table}`);
      counts[table] = found.rows[0]!.n;
    }
    return counts;
  }

  test("name every table of the schema, and no other", async () => {
    const tables = await listTables(province.pool);

    expect(Object.keys(retentionRules).toSorted()).toEqual(
      tables.map(({ name }) => name).toSorted(),
    );
  });

  test("take from every table what is over, say how much, and leave the rest", async () => {
    const nowMs = province.clock.nowMs();
    const entries = Object.entries(retentionRules).flatMap(([table, rule]) =>
      rule.kind === "day" || (rule.kind === "age" && rule.limit === "entries") ? [table] : [],
    );
    const records = Object.entries(retentionRules).flatMap(([table, rule]) =>
      rule.kind === "age" && rule.limit === "records" ? [table] : [],
    );
    await addOldRows(province, nowMs - 731 * DAY_MS, 10);
    await addOldRows(province, nowMs - 29 * DAY_MS, 20);
    await addOldRows(province, nowMs - 27 * DAY_MS, 30);
    const before = await countsOf([...entries, ...records]);

    const signed = await runRetention(province, { days: 28, actor: "local:test" });

    const after = await countsOf([...entries, ...records]);
    const gone = (table: string) => (before[table] ?? 0) - (after[table] ?? 0);
    expect(entries.map((table) => [table, gone(table)])).toEqual(entries.map((one) => [one, 2]));
    expect(records.map((table) => [table, gone(table)])).toEqual(records.map((one) => [one, 1]));
    expect(signed?.report).toMatchObject({
      record_days: 730,
      deleted: expect.arrayContaining([
        ...entries.map((table) => expect.objectContaining({ table, rows: 2 })),
        ...records.map((table) => expect.objectContaining({ table, rows: 1 })),
      ]),
    });
  });

  test("leave feedback that nobody has closed for a year", async () => {
    const { pool, clock } = province;
    const receivedMs = clock.nowMs();
    await pool.query("DELETE FROM feedback");
    await pool.query(
      "INSERT INTO feedback (feedback, category, sealed_body, received_at_ms) VALUES ($1, 'x', $2, $3)",
      [uuid(receivedMs), Buffer.alloc(60), receivedMs],
    );
    clock.advance(365 * DAY_MS);
    await runRetention(province, { days: 28, actor: "local:test" });
    const waiting = await countsOf(["feedback"]);
    clock.advance(29 * DAY_MS);
    await runRetention(province, { days: 28, actor: "local:test" });

    expect(waiting).toEqual({ feedback: 1 });
    expect(await countsOf(["feedback"])).toEqual({ feedback: 0 });
  });

  test("leave a personal code that is still shown at doors, however old", async () => {
    const { pool, clock } = province;
    const [code, person] = [Buffer.alloc(16, 30), Buffer.alloc(16, 31)];
    clock.setNow(Date.UTC(2029, 0, 1));
    await pool.query("DELETE FROM personal_codes WHERE code <> $1", [code]);
    await pool.query(
      `INSERT INTO event_subjects (local_day, event_id, subject, keyed_as, keyed_at_ms)
       VALUES ($1, $2, $3, $4, 0)`,
      [localDay(clock.nowMs()), uuid(clock.nowMs()), person, code],
    );
    await runRetention(province, { days: 28, actor: "local:test" });
    const shown = await countsOf(["personal_codes", "document_links"]);
    await pool.query("DELETE FROM event_subjects");
    await runRetention(province, { days: 28, actor: "local:test" });

    expect(shown).toEqual({ personal_codes: 1, document_links: 1 });
    expect(await countsOf(["personal_codes", "document_links"])).toEqual({
      personal_codes: 0,
      document_links: 0,
    });
  });
});

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

  test("waits for a hold that is just being made", async () => {
    const day = dayBefore(28);
    const making = await province.pool.connect();
    await making.query("BEGIN");
    await making.query(
      "INSERT INTO holds (case_number, first_day, last_day, made_at_ms) VALUES ('VV-7', $1, $1, 0)",
      [day],
    );
    const running = runRetention(province, { days: 27, actor: "local:test" });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await making.query("COMMIT");
    await running;
    making.release();

    expect(await daysOf("events")).toContain(day);
    expect(await daysOf("visits")).not.toContain(dayBefore(29));
    await province.pool.query("DELETE FROM holds WHERE made_at_ms = 0");
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
