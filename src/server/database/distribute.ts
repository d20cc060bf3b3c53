import { applyMigrations, clusterMigrations } from "#server/database/migrate.ts";
import type { Migration } from "#server/database/migrate.ts";
import type { Queryable } from "#server/database/pool.ts";

/** `no-cluster`: this database is no Citus cluster, and nothing was done. `steps`: those that were taken now. */
export type Distribution =
  | { readonly kind: "no-cluster" }
  | { readonly kind: "distributed"; readonly steps: readonly Migration[] };

/** Copying shards holds its tables; everybody else waits at most as long as their own limit. */
const LOCK_LIMIT = "60s";

/**
 * Spreads the tables over the workers of a Citus cluster, inside the caller's transaction; what was spread before stays
 * as it is. The same program works on it afterwards. Throws what PostgreSQL or Citus refuses, having changed nothing.
 */
export async function distribute(client: Queryable): Promise<Distribution> {
  if (!(await isCluster(client))) return { kind: "no-cluster" };
  await client.query(`SET LOCAL lock_timeout = '${LOCK_LIMIT}'`);
  const steps = await applyMigrations(client, "cluster_migrations", clusterMigrations());
  return { kind: "distributed", steps };
}

async function isCluster(database: Queryable): Promise<boolean> {
  const found = await database.query("SELECT FROM pg_extension WHERE extname = 'citus'");
  return found.rowCount !== 0;
}
