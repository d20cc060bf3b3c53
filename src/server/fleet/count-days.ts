import { localDay } from "#core/dates.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Pool } from "#server/database/pool.ts";

const DAY_MS = 86_400_000;
/** How many days make a gate's history. */
export const HISTORY_DAYS = 28;
/** Counts hold no person and stay a little longer than what they count. */
const KEPT_DAYS = 90;
/** Late batches: a day is counted anew on each of the days after it, this often. */
const RECOUNTED_DAYS = 3;

/** Counts entries by gate and hour for every finished day that is not final yet; once a day each, by any number of servers. */
export async function countDays(pool: Pool, nowMs: number): Promise<void> {
  const today = localDay(nowMs);
  for (let age = 1; age <= HISTORY_DAYS; age += 1) {
    const day = localDay(nowMs - age * DAY_MS);
    const finalOn = localDay(nowMs - (age - RECOUNTED_DAYS) * DAY_MS);
    await inTransaction(pool, async (client) => {
      const taken = await client.query(
        `INSERT INTO counted_days AS known (local_day, counted_on) VALUES ($1, $2)
         ON CONFLICT (local_day) DO UPDATE SET counted_on = excluded.counted_on
         WHERE known.counted_on < least($2::date, $3::date)`,
        [day, today, finalOn],
      );
      if (taken.rowCount === 0) return;
      await client.query("SET LOCAL statement_timeout = 0");
      await client.query("DELETE FROM gate_hour_counts WHERE local_day = $1", [day]);
      await client.query(
        `INSERT INTO gate_hour_counts (local_day, gate, hour, entries, last_at_ms)
         SELECT local_day, gate,
                extract(hour FROM to_timestamp(corrected_at_ms / 1000.0) AT TIME ZONE 'Asia/Ho_Chi_Minh'),
                count(*), max(corrected_at_ms)
         FROM events WHERE local_day = $1 AND type = 'entry' GROUP BY 1, 2, 3`,
        [day],
      );
    });
  }
  const oldest = localDay(nowMs - KEPT_DAYS * DAY_MS);
  await pool.query("DELETE FROM gate_hour_counts WHERE local_day < $1", [oldest]);
  await pool.query("DELETE FROM counted_days WHERE local_day < $1", [oldest]);
}
