/** Starts the embedded database of the folder in the first argument and waits to be killed. */
import { readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startEmbedded } from "#server/database/embedded.ts";
import { openPool } from "#server/database/pool.ts";
import { createServerLog } from "#server/log.ts";

const [, , dataDir = ""] = process.argv;
const log = createServerLog(() => {});
const database = await startEmbedded({ folder: join(dataDir, "province"), dataDir, log });
const pool = await openPool(database.connection, 1, log);
await pool.query("CREATE TABLE kept AS SELECT 1 AS one");
writeFileSync(join(dataDir, "program"), readlinkSync(`/proc/${database.pid()}/exe`));
process.on("SIGTERM", () => {
  void pool
    .end()
    .then(() => database.stop())
    .then(() => process.exit(0));
});
process.stdout.write(`${database.pid()}\n`);
setInterval(() => {}, 60_000);
