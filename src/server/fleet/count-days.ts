import { localDay } from "#core/dates.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";

const DAY_MS = 86_400_000;
/** How many days make a gate's history. */
export const HISTORY_DAYS = 28;
/** Counts hold no person and stay a little longer than what they count. */
const KEPT_DAYS = 90;
/** Late batches: a day is counted anew on each of the days after it, this often. */
const RECOUNTED_DAYS = 3;

/** Counts entries by gate and hour for every finished day that is not final yet; once a day each, by any number of servers. */
export async function countDays(pool: Pool, nowMs: number): Promise<void> {
  const dayBefore = (age: number) => localDay(nowMs - age * DAY_MS);
  const ages = Array.from({ length: HISTORY_DAYS }, (_, index) => index + 1);
  await inTransaction(pool, async (client) => {
    await client.query("SET LOCAL statement_timeout = 0");
    const taken = await client.query<{ local_day: string }>(
      `INSERT INTO counted_days AS known (local_day, counted_on)
       SELECT day, $2 FROM unnest($1::date[]) AS day ORDER BY day
       ON CONFLICT (local_day) DO UPDATE SET counted_on = excluded.counted_on
       WHERE known.counted_on < least($2::date, known.local_day + ${RECOUNTED_DAYS})
       RETURNING local_day`,
      [ages.map(dayBefore), dayBefore(0)],
    );
    if (taken.rowCount !== 0)
      await countAnew(
        client,
        taken.rows.map((row) => row.local_day),
      );
    const oldest = dayBefore(KEPT_DAYS);
    await client.query("DELETE FROM gate_hour_counts WHERE local_day < $1", [oldest]);
    await client.query("DELETE FROM counted_days WHERE local_day < $1", [oldest]);
  });
}

async function countAnew(client: Queryable, days: readonly string[]): Promise<void> {
  await client.query("DELETE FROM gate_hour_counts WHERE local_day = ANY($1::date[])", [days]);
  await client.query(
    `INSERT INTO gate_hour_counts (local_day, gate, hour, entries, last_at_ms)
     SELECT local_day, gate,
            extract(hour FROM to_timestamp(corrected_at_ms / 1000.0) AT TIME ZONE 'Asia/Ho_Chi_Minh'),
            count(*), max(corrected_at_ms)
     FROM events WHERE local_day = ANY($1::date[]) AND type = 'entry' GROUP BY 1, 2, 3`,
    [days],
  );
}
