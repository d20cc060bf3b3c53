import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import type { ClientConfig } from "pg";
import { DATABASE_NAME, openAccess } from "#server/database/access.ts";
import type { Access, Connection } from "#server/database/access.ts";
import { majorVersion, packagedBinaries } from "#server/database/binaries.ts";
import type { PostgresBinaries } from "#server/database/binaries.ts";
import { createCluster } from "#server/database/create-cluster.ts";
import { DatabaseUnavailable, sqlState } from "#server/database/errors.ts";
import { stopLeftovers } from "#server/database/leftover.ts";
import { startPostmaster } from "#server/database/postmaster.ts";
import type { Postmaster } from "#server/database/postmaster.ts";
import { databaseUser, openWayTo } from "#server/database/system-user.ts";
import type { SystemUser } from "#server/database/system-user.ts";
import type { ServerLog } from "#server/log.ts";

export type EmbeddedOptions = {
  /** The province's folder; the database lives in its subfolder `pg`. Made when it is missing. */
  readonly folder: string;
  /** The data folder that is ours to open for PostgreSQL's user; `folder` lies in it. */
  readonly dataDir: string;
  /** Default: the PostgreSQL that comes with our packages. */
  readonly binaries?: PostgresBinaries;
  readonly log: ServerLog;
};

/** A PostgreSQL that is our child process. When it ends by itself it is started again. */
export type EmbeddedDatabase = {
  readonly connection: Connection;
  /** Process number of the postmaster of this moment. */
  pid(): number;
  /** Fast shutdown: transactions under way are rolled back, everything committed is on disk. */
  stop(): Promise<void>;
};

/** Recovery after a crash reads the whole write-ahead log. */
const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 30_000;
const POLL_MS = 30;
/** SQLSTATE cannot_connect_now. */
const STARTING_UP = "57P03";
const RESTART_PAUSES_MS = [200, 500, 1_000, 2_000, 5_000];

/**
 * Starts PostgreSQL over `folder/pg`, making the database first when there is none, and stopping what an earlier run
 * left over. Only one process may do this for a folder at a time. Throws {@link DatabaseUnavailable}.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const user = databaseUser();
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const folder = realpathSync(options.folder);
  const dataFolder = join(folder, "pg");
  openWayTo(dataFolder, realpathSync(options.dataDir), user);
  const binaries = options.binaries ?? packagedBinaries(folder, user);
  const access = await openAccess(folder, user);
  if (existsSync(dataFolder)) await stopLeftovers(dataFolder);
  else await createCluster({ binaries, dataFolder, user, access });
  requireSameMajor(dataFolder, binaries);
  return supervise({ ...options, binaries }, { dataFolder, user, access });
}

type Cluster = {
  readonly dataFolder: string;
  readonly user: SystemUser | null;
  readonly access: Access;
};
type Started = EmbeddedOptions & { readonly binaries: PostgresBinaries };

async function supervise(options: Started, cluster: Cluster): Promise<EmbeddedDatabase> {
  const { access } = cluster;
  const state = { postmaster: await start(options, cluster), isStopping: false };
  try {
    await makeDatabase(access.connection);
  } catch (cause) {
    await shutDown(state.postmaster);
    throw cause;
  }
  const watching = keepRunning(options, cluster, state);
  return {
    connection: access.connection,
    pid: () => state.postmaster.pid,
    async stop() {
      state.isStopping = true;
      await shutDown(state.postmaster);
      await watching;
      // A restart may have been under way.
      await shutDown(state.postmaster);
      if (access.temporaryFolder !== null) {
        rmSync(access.temporaryFolder, { recursive: true, force: true });
      }
    },
  };
}

type Running = { postmaster: Postmaster; isStopping: boolean };

async function keepRunning(options: Started, cluster: Cluster, state: Running): Promise<void> {
  while (!state.isStopping) {
    await state.postmaster.ended;
    if (state.isStopping) return;
    options.log.event("database", { state: "ended" });
    state.postmaster = await restart(options, cluster, state);
  }
}

/** Tries until it works: without a database the stations wait, and nothing is lost. */
async function restart(options: Started, cluster: Cluster, state: Running): Promise<Postmaster> {
  for (let attempt = 0; !state.isStopping; attempt += 1) {
    await sleep(RESTART_PAUSES_MS[Math.min(attempt, RESTART_PAUSES_MS.length - 1)]);
    try {
      await stopLeftovers(cluster.dataFolder);
      const postmaster = await start(options, cluster);
      options.log.event("database", { state: "restarted" });
      return postmaster;
    } catch (cause) {
      options.log.fault("database", cause);
    }
  }
  return state.postmaster;
}

async function start(options: Started, cluster: Cluster): Promise<Postmaster> {
  const settings = { ...fixedSettings, ...cluster.access.settings };
  const postmaster = startPostmaster({
    program: options.binaries.postgres,
    args: [
      "-D",
      cluster.dataFolder,
      ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ],
    user: cluster.user,
    onLine: (severity, state) => {
      // Our own knocking while it starts.
      if (state !== STARTING_UP) options.log.event("database", { severity, state });
    },
  });
  await waitUntilReady(postmaster, cluster.access.connection);
  return postmaster;
}

/** Durability as PostgreSQL ships it, said aloud; and no statement, parameter or detail of a row in its log. */
const fixedSettings: Readonly<Record<string, string>> = {
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  max_connections: "60",
  max_wal_size: "512MB",
  jit: "off",
  TimeZone: "UTC",
  logging_collector: "off",
  log_destination: "stderr",
  log_line_prefix: "%e ",
  log_min_messages: "warning",
  log_min_error_statement: "panic",
  log_error_verbosity: "terse",
  log_parameter_max_length: "0",
  log_parameter_max_length_on_error: "0",
};

async function waitUntilReady(postmaster: Postmaster, connection: Access["connection"]) {
  for (let waited = 0; waited < START_LIMIT_MS; waited += POLL_MS) {
    if (postmaster.hasEnded()) {
      const said = postmaster.startLines().join(" / ");
      throw new DatabaseUnavailable(`PostgreSQL did not start: ${said || "no reason given"}`);
    }
    if (await canConnect(connection)) return;
    await sleep(POLL_MS);
  }
  postmaster.signal("SIGINT");
  throw new DatabaseUnavailable(`PostgreSQL was not ready after ${START_LIMIT_MS / 1000} s.`);
}

async function canConnect(connection: Access["connection"]): Promise<boolean> {
  const client = new Client({ ...clientConfig(connection), connectionTimeoutMillis: 5_000 });
  client.on("error", ignoreWhileStarting);
  try {
    await client.connect();
    return true;
  } catch (cause) {
    // Without an SQLSTATE: the socket is not there yet.
    const state = sqlState(cause);
    if (state.length !== 5 || state === STARTING_UP) return false;
    throw new DatabaseUnavailable(`PostgreSQL refuses its own server (${state}).`, { cause });
  } finally {
    await client.end();
  }
}

/** The answer of connect() tells the same. */
function ignoreWhileStarting(): void {}

async function makeDatabase(connection: Access["connection"]): Promise<void> {
  const client = new Client(clientConfig(connection));
  await client.connect();
  try {
    const found = await client.query("SELECT FROM pg_database WHERE datname = $1", [DATABASE_NAME]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE_NAME}`);
  } finally {
    await client.end();
  }
}

function clientConfig(connection: Access["connection"]): ClientConfig {
  const { host, port, user, password } = connection;
  return { host, port, user, database: "postgres", ...(password === null ? {} : { password }) };
}

async function shutDown(postmaster: Postmaster): Promise<void> {
  if (postmaster.hasEnded()) return;
  postmaster.signal("SIGINT");
  const limit = new AbortController();
  const late = sleep(STOP_LIMIT_MS, "late", { signal: limit.signal }).catch(() => "early");
  const first = await Promise.race([postmaster.ended, late]);
  limit.abort();
  // Immediate shutdown: the next start recovers from the write-ahead log, as after a power cut.
  if (first === "late") postmaster.signal("SIGQUIT");
  await postmaster.ended;
}

function requireSameMajor(dataFolder: string, binaries: PostgresBinaries): void {
  const made = readFileSync(join(dataFolder, "PG_VERSION"), "utf8").trim();
  const own = majorVersion(binaries);
  if (made === own) return;
  throw new DatabaseUnavailable(
    `${dataFolder} was made by PostgreSQL ${made}, this program brings PostgreSQL ${own}: restore from a backup or use the earlier program.`,
  );
}
