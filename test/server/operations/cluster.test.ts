import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clusterMigrations, migrate } from "#server/database/migrate.ts";
import { engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { standInForCitus } from "../support/cluster.ts";
import { newStation } from "../support/station.ts";
import { onlyLine, runIn } from "./support.ts";

const here = engines
  .filter((engine) => engine.isHere)
  .map((engine) => ({ ...engine, isCluster: false }));

describe.each(here)("distributing $name", (engine) => {
  let province: TestProvince;
  beforeAll(async () => {
    province = await startTestProvince(engine);
    const station = await newStation(province);
    await station.send(station.events(3));
    await province.vault.catchUp();
  });
  afterAll(() => province.stop());

  async function rowsOf<Row extends object>(sql: string): Promise<readonly Row[]> {
    return (await province.pool.query<Row>(sql)).rows;
  }

  test("is refused where there is no cluster, and prints its statements without one", async () => {
    const refused = await runIn(province, "database", "distribute");
    const dry = await runIn(province, "database", "distribute", "--dry-run");

    expect(refused.code).toBe(1);
    expect(refused.err).toContain("no extension citus");
    expect(dry.out.join("\n")).toContain("create_distributed_table('events', 'event_id'");
    expect(
      await rowsOf("SELECT FROM pg_constraint WHERE conname = 'event_keys_event_id_key'"),
    ).toHaveLength(1);
  });

  test("spreads every big table by a column that its keys carry, and leaves no row behind", async () => {
    const keysBefore = await rowsOf(
      "SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype = 'f' ORDER BY 1, 2",
    );
    await standInForCitus(province.pool);

    const said = await runIn(province, "database", "distribute");

    expect(said.err).toBe("");
    expect(onlyLine(said)).toEqual({ steps: clusterMigrations().map(({ name }) => name) });
    const tables = await rowsOf<{ name: string; key: string }>(
      `SELECT table_name::text AS name, distribution_column AS key FROM citus_tables
       WHERE citus_table_type = 'distributed' ORDER BY 1`,
    );
    expect(tables).toEqual([
      { name: "event_keys", key: "instance_key" },
      { name: "event_subjects", key: "event_id" },
      { name: "events", key: "event_id" },
      { name: "heard_hours", key: "place" },
      { name: "undone_entries", key: "target" },
      { name: "visits", key: "place" },
    ]);
    expect(
      await rowsOf(
        "SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype = 'f' ORDER BY 1, 2",
      ),
    ).toEqual(keysBefore);
    expect(
      await rowsOf("SELECT FROM events JOIN event_subjects USING (local_day, event_id)"),
    ).toHaveLength(3);
  });

  test("does nothing the second time, and the program's own steps go on", async () => {
    const again = await runIn(province, "database", "distribute");

    expect(onlyLine(again)).toEqual({ steps: [] });
    await expect(migrate(province.pool)).resolves.toBeGreaterThan(0);
    const audit = await rowsOf(
      "SELECT FROM audit WHERE record->>'action' = 'database-distributed'",
    );
    expect(audit).toHaveLength(1);
  });

  test("goes on refusing what a cluster cannot promise", async () => {
    const change = (sql: string) => province.pool.query(sql);

    await expect(change("CREATE UNIQUE INDEX ON event_keys (event_id)")).rejects.toThrow(
      "distribution column",
    );
    await expect(
      change("ALTER TABLE visits ADD FOREIGN KEY (gate) REFERENCES officers"),
    ).rejects.toThrow("is not");
    await expect(change("GRANT SELECT (gate) ON events TO tramqr_tracing")).rejects.toThrow(
      "single columns",
    );
    await expect(change("UPDATE event_keys SET instance_key = instance_key + 1")).rejects.toThrow(
      "partition value",
    );
  });
});
