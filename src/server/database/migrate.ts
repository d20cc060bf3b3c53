import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseTooNew, MigrationChanged } from "#server/database/errors.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";

/** One step forward: `0001_ingest.sql` is version 1. */
export type Migration = { readonly version: number; readonly name: string; readonly sql: string };

/** Serialises the servers that start at the same time. Any number of our own. */
const MIGRATION_LOCK = 7_418_001;

const FOLDER = join(import.meta.dirname, "migrations");

/** The steps that this program knows, in order: one file each, never edited after its release. */
export function knownMigrations(): readonly Migration[] {
  return migrationsIn(FOLDER);
}

/** The steps that a Citus cluster takes besides, and no other database: see `distribute`. */
export function clusterMigrations(): readonly Migration[] {
  return migrationsIn(join(FOLDER, "distributed"));
}

function migrationsIn(folder: string): readonly Migration[] {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .toSorted();
  return files.map((name) => ({
    version: Number(name.slice(0, 4)),
    name,
    sql: readFileSync(join(folder, name), "utf8"),
  }));
}

/** Where the steps that were taken are noted: those of every database, and those of a cluster. */
export type MigrationList = "migrations" | "cluster_migrations";

/**
 * Brings the schema up to date, all steps in one transaction. Returns the version. Throws {@link DatabaseTooNew} and
 * {@link MigrationChanged}, having changed nothing.
 */
export async function migrate(
  pool: Pool,
  migrations: readonly Migration[] = knownMigrations(),
): Promise<number> {
  await inTransaction(pool, (client) => applyMigrations(client, "migrations", migrations));
  return newestOf(migrations);
}

/**
 * Takes the steps that are new, in order, inside the caller's transaction, one process at a time. Returns those that it
 * took. Throws as {@link migrate} does.
 */
export async function applyMigrations(
  client: Queryable,
  list: MigrationList,
  migrations: readonly Migration[],
): Promise<readonly Migration[]> {
  await client.query("SELECT pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
  // A large table takes its time.
  await client.query("SET LOCAL statement_timeout = 0");
  const waiting = notYetApplied(migrations, await appliedMigrations(client, list));
  for (const migration of waiting) await applyOnce(client, list, migration);
  return waiting;
}

function newestOf(migrations: readonly Migration[]): number {
  return Math.max(0, ...migrations.map(({ version }) => version));
}

function notYetApplied(
  migrations: readonly Migration[],
  applied: ReadonlyMap<number, string>,
): readonly Migration[] {
  const newest = Math.max(0, ...applied.keys());
  const known = newestOf(migrations);
  if (newest > known) {
    throw new DatabaseTooNew(
      `The database has schema version ${newest}, this program knows ${known}: start the newer program.`,
    );
  }
  return migrations.filter((migration) => {
    const sha256 = applied.get(migration.version);
    if (sha256 !== undefined && sha256 !== migrationHash(migration)) {
      throw new MigrationChanged(`${migration.name} is not the file that was applied here.`);
    }
    return sha256 === undefined;
  });
}

async function appliedMigrations(
  client: Queryable,
  list: MigrationList,
): Promise<ReadonlyMap<number, string>> {
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${list} (
       version integer PRIMARY KEY,
       name text NOT NULL,
       sha256 text NOT NULL,
       applied_at timestamptz NOT NULL DEFAULT now()
     )`,
  );
  const rows = await client.query<{ version: number; sha256: string }>(
    `SELECT version, sha256 FROM ${list}`,
  );
  return new Map(rows.rows.map((row) => [row.version, row.sha256]));
}

/** What a migration is recognised by. */
export function migrationHash(migration: Migration): string {
  return createHash("sha256").update(migration.sql).digest("hex");
}

async function applyOnce(
  client: Queryable,
  list: MigrationList,
  migration: Migration,
): Promise<void> {
  await client.query(migration.sql);
  await client.query(`INSERT INTO ${list} (version, name, sha256) VALUES ($1, $2, $3)`, [
    migration.version,
    migration.name,
    migrationHash(migration),
  ]);
}
