/** Runs the retention each time it reads a moment (UTC milliseconds) on standard input, until it is killed. */
import { createInterface } from "node:readline";
import type { Connection } from "#server/database/access.ts";
import { openPool } from "#server/database/pool.ts";
import { createServerLog } from "#server/log.ts";
import { runRetention } from "#server/operations/retention.ts";
import { newProvinceSecrets } from "#server/vault/province-keys.ts";
import { seededRandom, testClock } from "../server/support/ports.ts";

const [, , connection = ""] = process.argv;
const log = createServerLog(() => {});
const pool = await openPool(JSON.parse(connection) as Connection, 2, log);
const secrets = newProvinceSecrets(seededRandom("secrets"));
process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) {
  const clock = testClock(Number(line));
  await runRetention({ pool, secrets, clock }, { days: 28, actor: "local:test" });
  process.stdout.write("done\n");
}
await pool.end();
