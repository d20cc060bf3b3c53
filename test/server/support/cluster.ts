import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Pool } from "#server/database/pool.ts";

const STAND_IN = readFileSync(join(import.meta.dirname, "citus-stand-in.sql"), "utf8");

/** Makes this database look like a Citus cluster of one node that refuses what Citus refuses. */
export async function standInForCitus(pool: Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN; SET LOCAL allow_system_table_mods = on");
    await client.query(STAND_IN);
    await client.query("COMMIT");
  } finally {
    client.release(true);
  }
}
