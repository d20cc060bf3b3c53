import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock, Random } from "#core/ports.ts";
import type { Connection } from "#server/database/access.ts";
import { ensureDays } from "#server/database/days.ts";
import { startEmbedded } from "#server/database/embedded.ts";
import { migrate } from "#server/database/migrate.ts";
import { mayEnterRole, openPool } from "#server/database/pool.ts";
import type { DatabaseRole, Pool } from "#server/database/pool.ts";
import { lockFolder } from "#server/folder-lock.ts";
import type { ServerLog } from "#server/log.ts";
import { WrongProvinceKeys, loadProvinceSecrets } from "#server/vault/province-keys.ts";
import type { ProvinceSecrets } from "#server/vault/province-keys.ts";
import { createVault } from "#server/vault/vault.ts";
import type { Vault } from "#server/vault/vault.ts";

export type ProvinceOptions = {
  /** The data folder; the province's own things are in its subfolder `province`. */
  readonly dataDir: string;
  /** A PostgreSQL of the province's own; null: the one that we bring along. */
  readonly databaseUrl: string | null;
  /** Kept from the first start on; changed by nothing later. */
  readonly provinceName: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: ServerLog;
};

/** A province with its database and keys, ready to be worked with. */
export type Province = {
  readonly pool: Pool;
  /** For citizens' pages and calls: may do that and nothing else. */
  readonly citizensPool: Pool;
  readonly secrets: ProvinceSecrets;
  readonly vault: Vault;
  /** The database is the one that we bring along. */
  readonly isEmbedded: boolean;
  /** Ends connections, stops an embedded database, frees the folder; in this order. */
  close(): Promise<void>;
};

const MAX_CONNECTIONS = 20;
const CONNECTIONS_OF_ROLE = 6;

/** Folder of the province's keys, database and sockets. */
export function provinceFolder(dataDir: string): string {
  return join(dataDir, "province");
}

/**
 * Opens the province of a data folder for this process alone, making it when there is none. Throws the named errors of
 * the folder lock, the database and the keys, having closed what it had opened.
 */
export async function openProvince(options: ProvinceOptions): Promise<Province> {
  const closing: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of closing.splice(0).toReversed()) await step();
  };
  try {
    return { ...(await openParts(options, closing)), close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

async function openParts(
  options: ProvinceOptions,
  closing: (() => Promise<void>)[],
): Promise<Omit<Province, "close">> {
  const { clock, random, log } = options;
  // Parents that have to be made are nobody's secret; the folder itself is.
  mkdirSync(dirname(options.dataDir), { recursive: true });
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const folder = provinceFolder(options.dataDir);
  const lock = await lockFolder(folder);
  closing.push(() => lock.release());
  const connection = await databaseOf(options, folder, closing);
  const pool = await openPool(connection, MAX_CONNECTIONS, log);
  closing.push(() => pool.end());
  await migrate(pool);
  await ensureDays(pool, clock.nowMs());
  const owner = await readOwner(pool);
  const secrets = loadProvinceSecrets(join(folder, "keys"), owner === null, random);
  await requireOwnKeys(pool, secrets, options);
  const vaultPool = await poolFor("tramqr_vault", connection, pool, log, closing);
  const citizensPool = await poolFor("tramqr_citizens", connection, pool, log, closing);
  const vault = createVault({ pool: vaultPool, secrets, clock, log });
  const isEmbedded = options.databaseUrl === null;
  return { pool, citizensPool, secrets, vault, isEmbedded };
}

/** Connections with the rights of one part alone; those of the owner where PostgreSQL's roles could not be made. */
async function poolFor(
  role: DatabaseRole,
  connection: Connection,
  owner: Pool,
  log: ServerLog,
  closing: (() => Promise<void>)[],
): Promise<Pool> {
  if (!(await mayEnterRole(owner, role))) {
    log.event("database", { role, state: "missing" });
    return owner;
  }
  const pool = await openPool(connection, CONNECTIONS_OF_ROLE, log, role);
  closing.push(() => pool.end());
  return pool;
}

async function databaseOf(
  options: ProvinceOptions,
  folder: string,
  closing: (() => Promise<void>)[],
): Promise<Connection> {
  if (options.databaseUrl !== null) return { kind: "url", url: options.databaseUrl };
  const { dataDir, log } = options;
  const database = await startEmbedded({ folder, dataDir, log });
  closing.push(() => database.stop());
  return database.connection;
}

/** The sealing key that the database was made for; null when the database is new. */
export async function readOwner(pool: Pool): Promise<Buffer | null> {
  const found = await pool.query<{ sealing_key: Buffer }>("SELECT sealing_key FROM province");
  return found.rows[0]?.sealing_key ?? null;
}

async function requireOwnKeys(
  pool: Pool,
  secrets: ProvinceSecrets,
  options: ProvinceOptions,
): Promise<void> {
  const sealingKey = Buffer.from(secrets.openingKey.publicKey);
  await pool.query(
    `INSERT INTO province (name, sealing_key, made_at_ms) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
    [options.provinceName, sealingKey, options.clock.nowMs()],
  );
  const owner = await readOwner(pool);
  if (owner?.equals(sealingKey) === true) return;
  throw new WrongProvinceKeys(
    "The database was made with other province keys than those in this folder: use their folder or database.",
  );
}
