import { Pool as PgPool, types } from "pg";
import type { PoolClient, PoolConfig } from "pg";
import { assert } from "#core/assert.ts";
import type { Connection } from "#server/database/access.ts";
import {
  DatabaseUnavailable,
  DatabaseUnsafe,
  PostgresTooOld,
  isRetryable,
  sqlState,
} from "#server/database/errors.ts";
import type { ServerLog } from "#server/log.ts";

/** The connections of one server process. */
export type Pool = PgPool;
/** Roles with the rights of one part of the server each; made by migration 0005. */
export type DatabaseRole = "tramqr_ingest" | "tramqr_vault" | "tramqr_tracing" | "tramqr_citizens";
/** One connection inside a transaction, or the pool where one statement is enough. */
export type Queryable = Pick<PoolClient, "query">;

/** `server_version_num` of the oldest PostgreSQL that is supported. */
const OLDEST_POSTGRES = 150_000;
const CONNECT_LIMIT_MS = 5_000;
const STATEMENT_LIMIT_MS = 20_000;
const LOCK_LIMIT_MS = 5_000;
const IDLE_TRANSACTION_LIMIT_MS = 30_000;
const RETRIES = 3;

const INT8 = 20;
const DATE = 1082;

/**
 * Opens a pool on a PostgreSQL that keeps what it commits. `bigint` comes as a number (all of ours are below 2^53),
 * `date` as text. With a role, every connection has that role's rights and no others. Throws {@link DatabaseUnavailable}, {@link PostgresTooOld}, {@link DatabaseUnsafe}.
 */
export async function openPool(
  connection: Connection,
  maxConnections: number,
  log: ServerLog,
  role: DatabaseRole | null = null,
): Promise<Pool> {
  const pool = new PgPool({
    ...configOf(connection),
    ...(role === null ? {} : { options: `-c role=${role}` }),
    max: maxConnections,
    application_name: "tramqr",
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    statement_timeout: STATEMENT_LIMIT_MS,
    lock_timeout: LOCK_LIMIT_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_LIMIT_MS,
    types: { getTypeParser: typeParser },
  });
  // An idle connection ends with the database; the next query makes a new one.
  pool.on("error", (cause) => log.fault("database", cause));
  // For the connection's whole life: its last words can come after it was given back as broken, and would end the process.
  pool.on("connect", (client) => client.on("error", noteEnd));
  try {
    await requireFit(pool);
    return pool;
  } catch (cause) {
    await pool.end();
    throw cause;
  }
}

/** A connection may end between two statements; the next statement says so. */
function noteEnd(): void {}

/**
 * Runs `work` in one transaction and commits. Rolls back and throws what `work` throws; runs again, at most three
 * times, when PostgreSQL broke a deadlock.
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: Queryable) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await runOnce(pool, work);
    } catch (cause) {
      if (attempt > RETRIES || !isRetryable(cause)) throw cause;
    }
  }
}

async function runOnce<T>(pool: Pool, work: (client: Queryable) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let isBroken = true;
  try {
    await client.query("BEGIN");
    const result = await work(client);
    const committed = await client.query("COMMIT");
    // A transaction that failed before answers COMMIT with a ROLLBACK, and no error.
    assert(committed.command === "COMMIT", "a commit commits");
    isBroken = false;
    return result;
  } catch (cause) {
    isBroken = !(await rolledBack(client));
    throw cause;
  } finally {
    client.release(isBroken);
  }
}

async function rolledBack(client: PoolClient): Promise<boolean> {
  try {
    await client.query("ROLLBACK");
    return true;
  } catch {
    // The connection is gone, and its transaction with it; the caller throws the first cause.
    return false;
  }
}

function configOf(connection: Connection): PoolConfig {
  if (connection.kind === "url") return { connectionString: connection.url };
  const { host, port, user, database, password } = connection;
  return { host, port, user, database, ...(password === null ? {} : { password }) };
}

type Settings = {
  readonly version: number;
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly synchronous_commit: string;
};

async function requireFit(pool: Pool): Promise<void> {
  const settings = await readSettings(pool);
  if (settings.version < OLDEST_POSTGRES) {
    throw new PostgresTooOld(
      `PostgreSQL ${Math.floor(settings.version / 10_000)} is too old: 15 or newer is needed.`,
    );
  }
  for (const name of ["fsync", "full_page_writes", "synchronous_commit"] as const) {
    if (settings[name] === "off") {
      throw new DatabaseUnsafe(`${name} is off in PostgreSQL: it would forget what it confirmed.`);
    }
  }
}

async function readSettings(pool: Pool): Promise<Settings> {
  try {
    const result = await pool.query<Settings>(
      `SELECT current_setting('server_version_num')::int AS version,
              current_setting('fsync') AS fsync,
              current_setting('full_page_writes') AS full_page_writes,
              current_setting('synchronous_commit') AS synchronous_commit`,
    );
    const [row] = result.rows;
    assert(row !== undefined, "one row was asked for");
    return row;
  } catch (cause) {
    const state = sqlState(cause);
    throw new DatabaseUnavailable(
      `PostgreSQL cannot be reached${state === "" ? "" : ` (${state})`}: check that it runs and that DATABASE_URL names it.`,
      { cause },
    );
  }
}

function typeParser(oid: number, format?: "text" | "binary"): (value: string) => unknown {
  if (format !== "binary" && oid === INT8) return Number;
  if (format !== "binary" && oid === DATE) return (value) => value;
  const standard: (value: string) => unknown = types.getTypeParser(oid, format ?? "text");
  return standard;
}

/** True when the role is there and the owner of these connections may enter it. */
export async function mayEnterRole(database: Queryable, role: DatabaseRole): Promise<boolean> {
  const found = await database.query<{ may_enter: boolean }>(
    "SELECT bool_or(pg_has_role(rolname, 'MEMBER')) AS may_enter FROM pg_roles WHERE rolname = $1",
    [role],
  );
  return found.rows[0]?.may_enter === true;
}
