import { ensureDays } from "#server/database/days.ts";
import type { Pool } from "#server/database/pool.ts";

/** A month of made-up visits. */
export type MadeUpVisits = {
  readonly endMs: number;
  readonly days: number;
  readonly subjects: number;
};

const DAY_MS = 86_400_000;
const DAYS = 28;
/** Of every million visits: 23,000 people and 71 places, of which the busiest has every eighth visit. */
const BLOCK = 1_000_000;
const PEOPLE = 23_000;
const PLACES = 71;

/**
 * Fills `visits` with as many visits as asked for over 28 days, made inside the database. Every further million is another
 * district with people and places of its own, as in a larger province; people visit places of their own district.
 */
export async function fillVisits(pool: Pool, visits: number, endMs: number): Promise<MadeUpVisits> {
  const blocks = visits / BLOCK;
  const client = await pool.connect();
  try {
    await client.query("SET statement_timeout = 0");
    await client.query("SELECT setseed(0.42)");
    for (let day = DAYS; day >= 1; day -= 1) {
      const midnightMs = Math.floor(endMs / DAY_MS) * DAY_MS - day * DAY_MS - 7 * 3_600_000;
      await ensureDays(pool, midnightMs + DAY_MS / 2);
      await client.query(FILL, [Math.round(visits / DAYS), blocks, midnightMs]);
    }
    await client.query("VACUUM (ANALYZE, FREEZE) visits");
  } finally {
    client.release();
  }
  return { endMs, days: DAYS, subjects: PEOPLE * blocks };
}

/** The subject of a made-up person by number. */
export async function subjectOfNumber(pool: Pool, number: number): Promise<string> {
  const found = await pool.query<{ subject: string }>(
    "SELECT md5('person ' || $1::int) AS subject",
    [number],
  );
  return found.rows[0]?.subject ?? "";
}

const FILL = `
  INSERT INTO visits (local_day, place, event_id, subject, t_in_ms, in_mid_after_ms, in_hi_after_ms, out_lo_after_ms,
    out_mid_after_ms, out_hi_after_ms, zone, gate, is_entry_seen, exit_known)
  SELECT (to_timestamp(t_in / 1000) AT TIME ZONE 'Asia/Ho_Chi_Minh')::date, 'p-' || block || '-' || place, gen_random_uuid(),
         decode(md5('person ' || (block * ${PEOPLE} + person)), 'hex'), t_in, 500, 1000, stay, stay + 500, stay + 1000, NULL,
         'g-' || block || '-' || place, true, 'seen'
  FROM (
    SELECT floor(random() * $2)::int AS block, floor(random() * ${PEOPLE})::int AS person,
           floor(power(random(), 2) * ${PLACES})::int AS place,
           $3::bigint + 21600000 + floor((random() + random()) / 2 * 57600000)::bigint AS t_in,
           300000 + floor(power(random(), 3) * 14400000)::int AS stay
    FROM generate_series(1, $1::int)
  ) AS made`;
