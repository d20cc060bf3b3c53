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

/** The steps that this program knows, in order: one file each, never edited after its release. */
export function knownMigrations(): readonly Migration[] {
  const folder = join(import.meta.dirname, "migrations");
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .toSorted();
  return files.map((name) => ({
    version: Number(name.slice(0, 4)),
    name,
    sql: readFileSync(join(folder, name), "utf8"),
  }));
}

/**
 * Brings the schema up to date, all steps in one transaction. Returns the version. Throws {@link DatabaseTooNew} and
 * {@link MigrationChanged}, having changed nothing.
 */
export async function migrate(
  pool: Pool,
  migrations: readonly Migration[] = knownMigrations(),
): Promise<number> {
  return inTransaction(pool, async (client) => {
    await client.query("SELECT pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
    // A large table takes its time.
    await client.query("SET LOCAL statement_timeout = 0");
    const applied = await appliedMigrations(client);
    const newest = Math.max(0, ...applied.keys());
    const known = Math.max(0, ...migrations.map(({ version }) => version));
    if (newest > known) {
      throw new DatabaseTooNew(
        `The database has schema version ${newest}, this program knows ${known}: start the newer program.`,
      );
    }
    for (const migration of migrations) await applyOnce(client, migration, applied);
    return known;
  });
}

async function appliedMigrations(client: Queryable): Promise<ReadonlyMap<number, string>> {
  await client.query(
    `CREATE TABLE IF NOT EXISTS migrations (
       version integer PRIMARY KEY,
       name text NOT NULL,
       sha256 text NOT NULL,
       applied_at timestamptz NOT NULL DEFAULT now()
     )`,
  );
  const rows = await client.query<{ version: number; sha256: string }>(
    "SELECT version, sha256 FROM migrations",
  );
  return new Map(rows.rows.map((row) => [row.version, row.sha256]));
}

/** What a migration is recognised by. */
export function migrationHash(migration: Migration): string {
  return createHash("sha256").update(migration.sql).digest("hex");
}

async function applyOnce(
  client: Queryable,
  migration: Migration,
  applied: ReadonlyMap<number, string>,
): Promise<void> {
  const sha256 = migrationHash(migration);
  const known = applied.get(migration.version);
  if (known === sha256) return;
  if (known !== undefined) {
    throw new MigrationChanged(`${migration.name} is not the file that was applied here.`);
  }
  await client.query(migration.sql);
  await client.query("INSERT INTO migrations (version, name, sha256) VALUES ($1, $2, $3)", [
    migration.version,
    migration.name,
    sha256,
  ]);
}
