import { finished } from "node:stream/promises";
import { promisify } from "node:util";
import { zstdDecompress } from "node:zlib";
import { from as copyFrom } from "pg-copy-streams";
import { assertNever } from "#core/assert.ts";
import type { KeyPair } from "#sealing/keys.ts";
import { DatabaseTooNew, MigrationChanged } from "#server/database/errors.ts";
import { knownMigrations, migrate, migrationHash } from "#server/database/migrate.ts";
import type { Migration } from "#server/database/migrate.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";
import { kindOf, parseClosing, parseManifest } from "#server/operations/backup-frames.ts";
import type { Closing, Manifest } from "#server/operations/backup-frames.ts";
import { quoted } from "#server/operations/catalogue.ts";
import { BadBackup, readSealedFile } from "#server/operations/sealed-file.ts";

/** What came out of a backup. */
export type LoadedBackup = {
  readonly manifest: Manifest;
  readonly keyText: string;
  /** Rows by table, counted in the database. */
  readonly rows: Readonly<Record<string, number>>;
};

const decompress = promisify(zstdDecompress);

/**
 * Loads a backup into an empty database, in one transaction, under the schema that it was made with, and then brings
 * the schema up to date. Throws {@link BadBackup}, {@link DatabaseTooNew}, {@link MigrationChanged}, having stored no row.
 */
export async function loadBackup(
  pool: Pool,
  path: string,
  recoveryKey: KeyPair,
): Promise<LoadedBackup> {
  const frames = readSealedFile(path, recoveryKey);
  try {
    const manifest = await readManifest(frames, path);
    await requireEmpty(pool);
    await migrate(pool, migrationsOf(manifest));
    const loaded = await inTransaction(pool, async (client) => {
      await client.query("SET LOCAL statement_timeout = 0");
      await client.query("SET LOCAL idle_in_transaction_session_timeout = 0");
      await makeRoom(client, manifest);
      return { manifest, ...(await loadFrames(client, frames, manifest, path)) };
    });
    await migrate(pool);
    return loaded;
  } finally {
    await frames.return(undefined);
  }
}

/**
 * Reads a backup to its end, so that nothing is begun with a damaged one. Throws {@link BadBackup}.
 */
export async function requireWhole(path: string, recoveryKey: KeyPair): Promise<void> {
  const frames = readSealedFile(path, recoveryKey);
  await readManifest(frames, path);
  let last: string | null = null;
  for await (const frame of frames) last = kindOf(frame);
  if (last !== "closing") throw new BadBackup(`${path} is cut off.`);
}

async function readManifest(frames: AsyncGenerator<Buffer>, path: string): Promise<Manifest> {
  const first = await frames.next();
  if (first.done === true) throw new BadBackup(`${path} is cut off.`);
  const isManifest = kindOf(first.value) === "manifest";
  const manifest = isManifest ? parseManifest(first.value.toString("utf8", 1)) : null;
  if (manifest === null) throw new BadBackup(`${path} is a backup of another program.`);
  return manifest;
}

/** Only a new database is loaded into: nothing is ever replaced. */
async function requireEmpty(pool: Pool): Promise<void> {
  const found = await pool.query<{ is_there: boolean }>(
    "SELECT to_regclass('province') IS NOT NULL AS is_there",
  );
  if (found.rows[0]?.is_there === true) {
    throw new BadBackup("The database is not empty: name a new one.");
  }
}

/** This program's files for the steps that the backup's schema had taken. */
function migrationsOf(manifest: Manifest): readonly Migration[] {
  const known = new Map(knownMigrations().map((migration) => [migration.version, migration]));
  return manifest.migrations.map(({ version, name, sha256 }) => {
    const migration = known.get(version);
    if (migration === undefined) {
      throw new DatabaseTooNew(`The backup has schema version ${version}: use the newer program.`);
    }
    if (migrationHash(migration) !== sha256) {
      throw new MigrationChanged(`${name} is not the file that the backup was made with.`);
    }
    return migration;
  });
}

async function makeRoom(client: Queryable, manifest: Manifest): Promise<void> {
  // Migrations may have put rows into tables; the backup has them as well.
  const names = manifest.tables.map(({ name }) => quoted(name)).join(", ");
  await client.query(`TRUNCATE ${names}`);
  for (const { parent, name, from, to } of manifest.partitions) {
    await client.query(
      `CREATE TABLE ${quoted(name)} PARTITION OF ${quoted(parent)} FOR VALUES FROM ('${from}') TO ('${to}')`,
    );
  }
}

async function loadFrames(
  client: Queryable,
  frames: AsyncGenerator<Buffer>,
  manifest: Manifest,
  path: string,
): Promise<Pick<LoadedBackup, "keyText" | "rows">> {
  const state: Loading = { keyText: "", closing: null, copy: null };
  try {
    for await (const frame of frames) await loadFrame(client, frame, manifest, state);
    if (state.closing === null || state.keyText === "") throw new BadBackup(`${path} is cut off.`);
  } catch (cause) {
    // Else the transaction's end would wait for rows that never come.
    await state.copy?.abort();
    throw cause;
  }
  for (const { name, value } of manifest.sequences) {
    await client.query("SELECT setval($1, $2)", [quoted(name), value]);
  }
  const rows = await requireCounts(client, manifest, state.closing, path);
  return { keyText: state.keyText, rows };
}

type Loading = { keyText: string; closing: Closing | null; copy: RowCopy | null };

async function loadFrame(
  client: Queryable,
  frame: Buffer,
  manifest: Manifest,
  state: Loading,
): Promise<void> {
  const kind = kindOf(frame);
  const text = () => frame.toString("utf8", 1);
  if (kind === null || kind === "manifest" || state.closing !== null) {
    throw new BadBackup("The backup has a part that this program does not know.");
  }
  switch (kind) {
    case "keys":
      state.keyText = text();
      return;
    case "table":
      await state.copy?.end();
      state.copy = startCopy(client, manifest, text());
      return;
    case "rows":
      await state.copy?.write(await decompress(frame.subarray(1)));
      return;
    case "closing":
      await state.copy?.end();
      state.copy = null;
      state.closing = parseClosing(text());
      return;
    default:
      assertNever(kind);
  }
}

/** Rows on their way into one table. */
type RowCopy = {
  write(rows: Buffer): Promise<void>;
  /** Resolves when every row is stored; throws what PostgreSQL refused. */
  end(): Promise<void>;
  /** Gives the connection back for a rollback. */
  abort(): Promise<void>;
};

function startCopy(client: Queryable, manifest: Manifest, name: string): RowCopy {
  const table = manifest.tables.find((one) => one.name === name);
  if (table === undefined) throw new BadBackup("The backup has rows of an unknown table.");
  const columns = table.columns.map(quoted).join(", ");
  const copy = client.query(copyFrom(`COPY ${quoted(name)} (${columns}) FROM STDIN`));
  // PostgreSQL may refuse a row while nobody waits for the stream; the next write or the end tells.
  const done = finished(copy).then(
    () => null,
    (cause: unknown) => ({ cause }),
  );
  const requireWhole = async () => {
    const failed = await done;
    if (failed !== null) throw failed.cause;
  };
  return {
    async write(rows) {
      if (copy.write(rows)) return;
      await Promise.race([new Promise((resolve) => copy.once("drain", resolve)), done]);
      if (copy.destroyed) await requireWhole();
    },
    async end() {
      copy.end();
      await requireWhole();
    },
    async abort() {
      copy.destroy();
      await done;
    },
  };
}

async function requireCounts(
  client: Queryable,
  manifest: Manifest,
  closing: Closing,
  path: string,
): Promise<Readonly<Record<string, number>>> {
  const rows: Record<string, number> = {};
  for (const { name } of manifest.tables) {
    const counted = await client.query<{ count: number }>(
      `SELECT count(*) AS count FROM ${quoted(name)}`,
    );
    rows[name] = counted.rows[0]?.count ?? -1;
    if (rows[name] !== closing.rows[name]) throw new BadBackup(`${path} lacks rows of ${name}.`);
  }
  return rows;
}
