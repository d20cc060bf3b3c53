import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runRetention } from "#server/operations/retention.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Queryable } from "#server/database/pool.ts";
import { appendAudit, auditOne } from "#server/vault/audit.ts";
import type { AuditRecord } from "#server/vault/audit.ts";
import { signAuditHead } from "#server/vault/audit-heads.ts";
import { checkTrail } from "#server/vault/audit-trail.ts";
import type { TrailReport } from "#server/vault/audit-trail.ts";
import { engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { onlyLine, runIn } from "./support.ts";

const DAY_MS = 86_400_000;

describe("the signed heads of the audit trail", () => {
  let province: TestProvince;
  beforeAll(async () => {
    province = await startTestProvince(engines[0]!);
  });
  afterAll(() => province.stop());

  const looked = (target: string): AuditRecord => ({
    at_ms: province.clock.nowMs(),
    actor: "local:test",
    action: "looks-listed",
    target,
  });
  const note = (target: string) => auditOne(province.pool, looked(target));
  const sign = (occasion: "daily" | "when-changed") =>
    signAuditHead(province.pool, province.secrets.answerKey, {
      nowMs: province.clock.nowMs(),
      occasion,
    });
  const check = (database: Queryable = province.pool) =>
    checkTrail(database, {
      publicKey: province.secrets.answerKey.publicKey,
      cutBeforeMs: province.clock.nowMs() - 730 * DAY_MS,
    });

  /** What is found after somebody who has the database, but no key, has worked on it. */
  async function after(...tampering: string[]): Promise<TrailReport> {
    const client = await province.pool.connect();
    await client.query("BEGIN");
    for (const sql of tampering) await client.query(sql);
    const report = await check(client);
    await client.query("ROLLBACK");
    client.release();
    return report;
  }

  /** As {@link after}: every row from `seq` on is made anew, with hashes that fit. */
  async function rewrittenFrom(seq: number): Promise<TrailReport> {
    const client = await province.pool.connect();
    await client.query("BEGIN");
    const gone = await client.query<{ record: AuditRecord }>(
      "DELETE FROM audit WHERE audit_seq >= $1 RETURNING record",
      [seq],
    );
    const others = gone.rows.map(({ record }) => ({ ...record, actor: "local:somebody-else" }));
    await appendAudit(client, others);
    const report = await check(client);
    await client.query("ROLLBACK");
    client.release();
    return report;
  }

  test("are made once a local day, and on stopping only when something was added", async () => {
    const before = await sign("daily");
    for (const target of ["a", "b", "c"]) await note(target);
    const first = await sign("daily");
    const sameDay = await sign("daily");
    const unchanged = await sign("when-changed");
    await note("d");
    const changed = await sign("when-changed");
    province.clock.advance(DAY_MS);
    const nextDay = await sign("daily");

    expect(before).toBeNull();
    expect(first?.head).toMatchObject({ audit_seq: 3, previous_seq: 0, local_day: "2026-11-24" });
    expect([sameDay, unchanged]).toEqual([null, null]);
    expect(changed?.head).toMatchObject({ audit_seq: 4, previous_seq: 3 });
    expect(nextDay?.head).toMatchObject({ audit_seq: 4, local_day: "2026-11-25" });
    expect(await check()).toMatchObject({ sound: true, heads: 3, last_row: 4 });
  });

  test("show that the last rows were cut off", async () => {
    expect(await after("DELETE FROM audit WHERE audit_seq > 2")).toMatchObject({
      sound: false,
      first_broken: 3,
      why: "rows-missing",
    });
    expect(await after("DELETE FROM audit")).toMatchObject({ first_broken: 1, sound: false });
  });

  test("show that a row was changed, even when every hash after it was made anew", async () => {
    const changed = await after(
      "UPDATE audit SET record = replace(record::text, '\"b\"', '\"x\"')::json WHERE audit_seq = 2",
    );
    const rewritten = await rewrittenFrom(1);

    expect(changed).toMatchObject({ first_broken: 2, why: "row-changed" });
    expect(rewritten).toMatchObject({ first_broken: 3, why: "row-changed" });
  });

  test("show that the beginning was cut off before its time", async () => {
    expect(await after("DELETE FROM audit WHERE audit_seq <= 3")).toMatchObject({
      why: "beginning-missing",
    });
  });

  test("show that a head was forged or taken from between two others", async () => {
    const forged = await after(
      "UPDATE audit_heads SET head = replace(head, '\"audit_seq\":3', '\"audit_seq\":2') WHERE head_id = 1",
    );
    const nonsense = await after("UPDATE audit_heads SET head = '{}' WHERE head_id = 1");
    const missing = await after("DELETE FROM audit_heads WHERE head_id = 2");

    expect([forged.why, nonsense.why]).toEqual(["head-unsigned", "head-unsigned"]);
    expect(missing.why).toBe("head-missing");
  });

  test("kept elsewhere show what was done to the trail and its heads together", async () => {
    const { pool, dataDir } = province;
    await note("e");
    await note("f");
    const [line] = (await runIn(province, "audit", "head")).out;
    const kept = join(dataDir, "kept.head");
    writeFileSync(kept, `${line}\n`);
    await pool.query("CREATE TABLE kept_rows AS SELECT * FROM audit WHERE audit_seq = 6");
    await pool.query("CREATE TABLE kept_heads AS SELECT * FROM audit_heads WHERE audit_seq = 6");
    await pool.query("DELETE FROM audit WHERE audit_seq = 6");
    await pool.query("DELETE FROM audit_heads WHERE audit_seq = 6");

    const alone = await runIn(province, "audit", "verify");
    const against = await runIn(province, "audit", "verify", "--head", kept);
    await pool.query("INSERT INTO audit SELECT * FROM kept_rows");
    await pool.query("DROP TABLE kept_rows, kept_heads");
    const again = await runIn(province, "audit", "verify", "--head", kept);

    expect(onlyLine(alone)).toMatchObject({ sound: true, last_row: 5 });
    expect(against.code).toBe(1);
    expect(onlyLine(against)).toMatchObject({ first_broken: 6, why: "rows-missing" });
    expect(again.code).toBe(0);
  });

  test("of another province, and other files, are refused", async () => {
    const { dataDir } = province;
    const [line = ""] = (await runIn(province, "audit", "head")).out;
    const [foreign, nonsense] = [join(dataDir, "foreign"), join(dataDir, "nonsense")];
    writeFileSync(foreign, line.replace(/"signature":"[^"]{10}/, '"signature":"AAAAAAAAAA'));
    writeFileSync(nonsense, "nothing\n");

    const said = [
      await runIn(province, "audit", "verify", "--head", foreign),
      await runIn(province, "audit", "verify", "--head", nonsense),
      await runIn(province, "audit", "verify", "--head", join(dataDir, "none")),
    ];

    expect(said.map(({ code }) => code)).toEqual([1, 2, 2]);
    expect(onlyLine(said[0]!)).toMatchObject({ why: "head-unsigned" });
    expect(said[1]!.err).toContain("Line 1");
  });

  test("are where the trail begins once retention has taken what is older than two years", async () => {
    const { pool, clock } = province;
    clock.advance(731 * DAY_MS);
    const tooEarly = await after("DELETE FROM audit WHERE audit_seq <= 7");
    await inTransaction(pool, (client) => appendAudit(client, [looked("young")]));
    await sign("daily");

    const signed = await runRetention(province, { days: 28, actor: "local:test" });

    expect(tooEarly.sound).toBe(false);
    const rows = await pool.query<{ first: number }>("SELECT min(audit_seq) AS first FROM audit");
    const first = rows.rows[0]!.first;
    expect(signed?.report.deleted).toContainEqual(
      expect.objectContaining({ table: "audit", rows: first - 1 }),
    );
    expect(await check()).toMatchObject({ sound: true, first_row: first });
    await note("goes on");
    expect((await check()).sound).toBe(true);
    expect((await after(`DELETE FROM audit WHERE audit_seq = ${first}`)).sound).toBe(false);
  });
});
