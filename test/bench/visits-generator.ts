import { ensureDays } from "#server/database/days.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";

/** A month of made-up visits. */
export type MadeUpVisits = {
  readonly endMs: number;
  readonly days: number;
  readonly subjects: number;
  /** The busiest places of the first district. */
  readonly markets: readonly string[];
  /** Heap and indexes of `visits`. */
  readonly diskBytes: number;
};

/** Tells a person at a terminal that it is still going on. */
type Tell = (words: string) => void;

const DAY_MS = 86_400_000;
const DAYS = 28;
/** A district: 5 markets with thousands of visits a day, 45 places with hundreds, 950 shops with a dozen. */
export const DISTRICT = 1_000_000;
const PEOPLE = 23_000;
const PLACES = 1_000;
const MARKETS = 5;
const MIDDLING = 45;

/**
 * Fills `places`, `gates`, `stations` and `visits` with as many visits as asked for over 28 days, made inside the
 * database; its indexes are made afterwards, from their own definitions. Every further million is another district with
 * people and places of its own, as in a larger province; less than a million is a smaller town.
 */
export async function fillVisits(
  pool: Pool,
  visits: number,
  { endMs, tell }: { readonly endMs: number; readonly tell: Tell },
): Promise<MadeUpVisits> {
  const town = {
    districts: Math.ceil(visits / DISTRICT),
    people: Math.round(PEOPLE * Math.min(1, visits / DISTRICT)),
    places: Math.max(MARKETS + MIDDLING + 1, Math.round(PLACES * Math.min(1, visits / DISTRICT))),
  };
  await register(pool, town.districts * town.places);
  for (let day = DAYS + 1; day >= 0; day -= 3) await ensureDays(pool, endMs - day * DAY_MS);
  await inTransaction(pool, async (client) => {
    await client.query(
      "SET LOCAL statement_timeout = 0; SET LOCAL maintenance_work_mem = '512MB'; SELECT setseed(0.42)",
    );
    const remade = await dropIndexes(client);
    for (let day = DAYS; day >= 1; day -= 1) {
      const midnightMs = Math.floor(endMs / DAY_MS) * DAY_MS - day * DAY_MS - 7 * 3_600_000;
      const { districts, people, places } = town;
      const count = Math.round(visits / DAYS);
      await client.query(FILL, [count, districts, people, places, midnightMs]);
      tell(`${visits} visits: ${DAYS - day + 1} of ${DAYS} days made`);
    }
    for (const statement of remade) {
      tell(`${visits} visits: ${statement.split(" USING ")[0] ?? ""}`);
      await client.query(statement);
    }
  });
  tell(`${visits} visits: vacuum and statistics`);
  await vacuum(pool);
  return {
    endMs,
    days: DAYS,
    subjects: town.people * town.districts,
    markets: Array.from({ length: MARKETS }, (_, number) => placeName(number)),
    diskBytes: await diskBytes(pool),
  };
}

/** The subject of a made-up person by number, 32 hex digits. */
export async function subjectOfNumber(database: Queryable, number: number): Promise<string> {
  const found = await database.query<{ subject: string }>(
    "SELECT md5('person ' || $1::int) AS subject",
    [number],
  );
  return found.rows[0]?.subject ?? "";
}

function placeName(number: number): string {
  return `p-${String(number).padStart(8, "0")}`;
}

async function register(pool: Pool, places: number): Promise<void> {
  await pool.query(
    `WITH made AS (SELECT lpad(no::text, 8, '0') AS id FROM generate_series(0, $1::int - 1) AS no),
     place AS (INSERT INTO places (place, name, type, made_at_ms) SELECT 'p-' || id, 'Cơ sở ' || id, 'shop', 0 FROM made RETURNING place),
     gate AS (INSERT INTO gates (gate, place, name, made_at_ms) SELECT 'g-' || id, 'p-' || id, 'Cổng chính', 0 FROM made RETURNING gate)
     INSERT INTO stations (station, place, gate, public_key, state, app_version, enrolled_at_ms)
     SELECT 's-' || id, 'p-' || id, 'g-' || id, sha256(id::bytea), 'active', '0.0.0', 0 FROM made`,
    [places],
  );
}

/** Sorting once is several times faster than a place in three trees for every row. Returns what makes them again. */
async function dropIndexes(client: Queryable): Promise<readonly string[]> {
  const found = await client.query<{ name: string; constraint: string | null; text: string }>(
    `SELECT i.indexrelid::regclass::text AS name, c.conname AS constraint,
            coalesce(pg_get_constraintdef(c.oid), pg_get_indexdef(i.indexrelid)) AS text
     FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.conrelid = i.indrelid
     WHERE i.indrelid = 'visits'::regclass`,
  );
  for (const { name, constraint } of found.rows) {
    const isConstraint = constraint !== null;
    await client.query(
      isConstraint ? `ALTER TABLE visits DROP CONSTRAINT ${constraint}` : `DROP INDEX ${name}`,
    );
  }
  return found.rows.map(({ constraint, text }) =>
    constraint === null
      ? text.replace(" ON ONLY ", " ON ")
      : `ALTER TABLE visits ADD CONSTRAINT ${constraint} ${text}`,
  );
}

async function vacuum(pool: Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("SET statement_timeout = 0");
    await client.query("VACUUM (ANALYZE, FREEZE) visits");
    await client.query("RESET statement_timeout");
  } finally {
    client.release();
  }
}

async function diskBytes(pool: Pool): Promise<number> {
  const found = await pool.query<{ bytes: number }>(
    "SELECT sum(pg_total_relation_size(relid))::bigint AS bytes FROM pg_partition_tree('visits') WHERE isleaf",
  );
  return found.rows[0]?.bytes ?? 0;
}

/**
 * Three visits of ten at markets, three at middling places, four at shops; from 6 in the morning on. One exit in seven
 * was not seen, so that the visit has a model's long tail; one clock in five is known to half a minute only. Nobody is in two places: a visit ends where the next begins.
 */
const FILL = `
  INSERT INTO visits (local_day, place, event_id, subject, t_in_ms, in_mid_after_ms, in_hi_after_ms, out_lo_after_ms,
    out_mid_after_ms, out_hi_after_ms, zone, gate, is_entry_seen, exit_known)
  SELECT (to_timestamp(t_in / 1000) AT TIME ZONE 'Asia/Ho_Chi_Minh')::date,
         'p-' || lpad((district * $4 + place)::text, 8, '0'), gen_random_uuid(),
         decode(md5('person ' || (district * $3 + person)), 'hex'), t_in, error, 2 * error,
         least(until, CASE WHEN is_seen THEN stay ELSE 300000 END),
         least(until, CASE WHEN is_seen THEN stay + error ELSE 2400000 END),
         least(until, CASE WHEN is_seen THEN stay + 2 * error ELSE 10800000 END),
         NULL, 'g-' || lpad((district * $4 + place)::text, 8, '0'), true,
         CASE WHEN is_seen THEN 'seen' ELSE 'model' END
  FROM (
    SELECT *, greatest(2 * error, lead(t_in, 1, t_in + 86400000) OVER (PARTITION BY district, person ORDER BY t_in) - t_in) AS until
    FROM (
    SELECT floor(random() * $2::int)::int AS district, floor(random() * $3::int)::int AS person,
           CASE WHEN kind < 0.3 THEN floor(power(random(), 2) * ${MARKETS})::int
                WHEN kind < 0.6 THEN ${MARKETS} + floor(random() * ${MIDDLING})::int
                ELSE ${MARKETS + MIDDLING} + floor(random() * ($4::int - ${MARKETS + MIDDLING}))::int END AS place,
           $5::bigint + 21600000 + floor((random() + random()) / 2 * 57600000)::bigint AS t_in,
           300000 + floor(power(random(), 3) * CASE WHEN kind BETWEEN 0.3 AND 0.6 THEN 36000000 ELSE 14400000 END)::int AS stay,
           random() < 6.0 / 7 AS is_seen, CASE WHEN random() < 0.2 THEN 30000 ELSE 500 END AS error
    FROM (SELECT random() AS kind FROM generate_series(1, $1::int)) AS made
    ) AS visit
  ) AS visit`;
