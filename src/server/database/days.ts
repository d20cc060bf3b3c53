import { localDay, localDayNumber } from "#core/dates.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";

const DAY_MS = 86_400_000;
/** Tables that are partitioned by local day. */
const DAILY_TABLES = ["events", "event_subjects", "visits"] as const;
/** Yesterday, because batches are late by nature; and some days ahead, because servers stand still over holidays. */
const DAYS_BACK = 1;
const DAYS_AHEAD = 3;

/** First and last day of the events' filing; outside lie only clocks that are wrong. */
const FIRST_DAY_MS = Date.UTC(1970, 0, 1);
const LAST_DAY_MS = Date.UTC(2199, 11, 31);

/** The local day under which an event of this time is filed. */
export function filingDay(atMs: number): string {
  return localDay(fileable(atMs));
}

/** The same day as a number: days since 1 January 1970. */
export function filingDayNumber(atMs: number): number {
  return localDayNumber(fileable(atMs));
}

function fileable(atMs: number): number {
  return Math.min(Math.max(atMs, FIRST_DAY_MS), LAST_DAY_MS);
}

/**
 * Makes the partitions of the days around now. What was filed among the other days before its partition was there is
 * moved into it. Safe to call at any time, from several servers at once.
 */
export async function ensureDays(pool: Pool, nowMs: number): Promise<void> {
  for (let day = -DAYS_BACK; day <= DAYS_AHEAD; day += 1) {
    const first = filingDay(nowMs + day * DAY_MS);
    const next = filingDay(nowMs + (day + 1) * DAY_MS);
    for (const table of DAILY_TABLES) await ensureDay(pool, table, { first, next });
  }
}

type Day = { readonly first: string; readonly next: string };

async function ensureDay(pool: Pool, table: string, day: Day): Promise<void> {
  const partition = `${table}_${day.first.replaceAll("-", "")}`;
  if (await hasTable(pool, partition)) return;
  await inTransaction(pool, async (client) => {
    // The lock also makes a second server wait here, who then finds the partition.
    await client.query(`LOCK TABLE ${table}_other_days IN ACCESS EXCLUSIVE MODE`);
    if (await hasTable(client, partition)) return;
    await client.query(`CREATE TABLE ${partition} (LIKE ${table} INCLUDING ALL)`);
    await client.query(
      `WITH moved AS (DELETE FROM ${table}_other_days WHERE local_day = $1 RETURNING *)
       INSERT INTO ${partition} SELECT * FROM moved`,
      [day.first],
    );
    await client.query(
      `ALTER TABLE ${table} ATTACH PARTITION ${partition}
       FOR VALUES FROM ('${day.first}') TO ('${day.next}')`,
    );
  });
}

async function hasTable(database: Queryable, name: string): Promise<boolean> {
  const found = await database.query<{ is_there: boolean }>(
    "SELECT to_regclass($1) IS NOT NULL AS is_there",
    [name],
  );
  return found.rows[0]?.is_there === true;
}
