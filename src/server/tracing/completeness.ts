import type { Queryable } from "#server/database/pool.ts";
import type { Period } from "#server/tracing/find-visits.ts";

/** What may be missing of one gate in a period: the difference between "nobody else" and "we do not know yet". */
export type GateCompleteness = {
  readonly place: string;
  readonly gate: string;
  readonly gateName: string;
  readonly stations: number;
  /** Last word of its stations, UTC milliseconds; null: never. */
  readonly lastContactMs: number | null;
  /** Entries that its stations have and have not sent, as they said last. */
  readonly unsent: number;
  /** Numbers missing in its stations' books. */
  readonly missing: number;
  /** Hours in which it should have recorded somebody and has not. */
  readonly silentHours: number;
  /** Minutes in a mode in which people pass without being scanned one by one. */
  readonly rushMinutes: number;
  /** People counted without a code, and scans that nobody could read. */
  readonly withoutCode: number;
  readonly unreadable: number;
};

/** What may be missing of an answer. */
export type Completeness = {
  readonly gates: readonly GateCompleteness[];
  /** Entries of the province whose persons are not known yet, or never will be. */
  readonly notYetKeyed: number;
  readonly neverKeyed: number;
};

type GateRow = {
  readonly place: string;
  readonly gate: string;
  readonly name: string;
  readonly stations: number;
  readonly last_contact_ms: number | null;
  readonly unsent: number;
  readonly missing: number;
};

/** What may be missing of answers about places in a period. */
export async function completenessOf(
  database: Queryable,
  places: readonly string[],
  period: Period,
  nowMs: number,
): Promise<Completeness> {
  const gates = await readGates(database, places);
  const silent = await countSilentHours(database, places, period, nowMs);
  const apart = await countApart(database, places, period);
  return {
    gates: gates.map((gate) => ({
      place: gate.place,
      gate: gate.gate,
      gateName: gate.name,
      stations: gate.stations,
      lastContactMs: gate.last_contact_ms,
      unsent: gate.unsent,
      missing: gate.missing,
      silentHours: silent.get(gate.gate) ?? 0,
      rushMinutes: Math.round((apart.get(gate.gate)?.rush_ms ?? 0) / 60_000),
      withoutCode: apart.get(gate.gate)?.without_code ?? 0,
      unreadable: apart.get(gate.gate)?.unreadable ?? 0,
    })),
    ...(await countUnkeyed(database)),
  };
}

async function readGates(
  database: Queryable,
  places: readonly string[],
): Promise<readonly GateRow[]> {
  const found = await database.query<GateRow>(
    `SELECT g.place, g.gate, g.name, count(s.station)::int AS stations,
            greatest(max(h.hello_at_ms), max(b.last_batch_at_ms)) AS last_contact_ms,
            coalesce(sum(h.pending), 0)::int AS unsent, coalesce(sum(b.missing), 0)::int AS missing
     FROM gates g
     LEFT JOIN stations s ON s.gate = g.gate
     LEFT JOIN station_health h ON h.station = s.station
     LEFT JOIN LATERAL (
       SELECT max(i.last_batch_at_ms) AS last_batch_at_ms,
              sum(i.head_seq - i.contiguous_upto - (SELECT count(DISTINCT k.seq) FROM event_keys k
                WHERE k.instance_key = i.instance_key AND k.seq > i.contiguous_upto)) AS missing
       FROM instances i WHERE i.station = s.station
     ) b ON true
     WHERE g.place = ANY($1) GROUP BY g.place, g.gate, g.name ORDER BY g.place, g.gate`,
    [places],
  );
  return found.rows;
}

/**
 * Hours without anybody: of a gate whose hours are declared, all of them; else the hours of the day in which the gate
 * has recorded somebody on at least half of the days that it recorded anybody in.
 */
async function countSilentHours(
  database: Queryable,
  places: readonly string[],
  { fromMs, toMs }: Period,
  nowMs: number,
): Promise<ReadonlyMap<string, number>> {
  const found = await database.query<{ gate: string; silent: number }>(
    `WITH hours AS (
       SELECT hour_ms, (hour_ms / 3600000 + 7) % 24 AS hour,
              ((hour_ms / 3600000 + 7) / 24 + 3) % 7 + 1 AS weekday FROM generate_series(
         $2::bigint / 3600000 * 3600000, least($3::bigint, $4::bigint) - 3600000, 3600000) AS h (hour_ms)
     ), heard AS (
       SELECT gate, (hour_ms / 3600000 + 7) % 24 AS hour, count(*) AS days FROM heard_hours
       WHERE place = ANY($1) AND hour_ms > $4 - 28 * 86400000::bigint GROUP BY 1, 2
     ), active AS (
       SELECT gate, count(DISTINCT (hour_ms / 3600000 + 7) / 24) AS days FROM heard_hours
       WHERE place = ANY($1) AND hour_ms > $4 - 28 * 86400000::bigint GROUP BY 1
     ), declared AS MATERIALIZED (
       SELECT gate, weekday, opens_minute, closes_minute FROM hours_in_force WHERE place = ANY($1)
     ), open AS (
       SELECT g.gate, hours.hour_ms FROM gates g CROSS JOIN hours
       LEFT JOIN heard ON heard.gate = g.gate AND heard.hour = hours.hour
       LEFT JOIN active ON active.gate = g.gate
       WHERE g.place = ANY($1) AND CASE WHEN EXISTS (SELECT FROM declared d WHERE d.gate = g.gate)
         THEN EXISTS (SELECT FROM declared d WHERE d.gate = g.gate AND (
           d.weekday = hours.weekday
             AND hours.hour * 60 >= d.opens_minute AND hours.hour * 60 + 60 <= d.closes_minute
           OR d.weekday = (hours.weekday + 5) % 7 + 1
             AND hours.hour * 60 + 1440 >= d.opens_minute AND hours.hour * 60 + 1500 <= d.closes_minute))
         ELSE heard.days * 2 >= active.days END
     )
     SELECT open.gate, count(*)::int AS silent FROM open
     WHERE NOT EXISTS (SELECT FROM heard_hours h WHERE h.gate = open.gate AND h.hour_ms = open.hour_ms)
     GROUP BY open.gate`,
    [places, fromMs, toMs, nowMs],
  );
  return new Map(found.rows.map(({ gate, silent }) => [gate, silent]));
}

type ApartRow = {
  readonly gate: string;
  readonly unreadable: number;
  readonly without_code: number;
  readonly rush_ms: number;
};

/** A mode lasts until the next word about the mode of the same lane; an open end lasts until the end of the period. */
async function countApart(
  database: Queryable,
  places: readonly string[],
  { fromMs, toMs }: Period,
): Promise<ReadonlyMap<string, ApartRow>> {
  const found = await database.query<ApartRow>(
    `SELECT gate, count(*) FILTER (WHERE type = 'unread')::int AS unreadable,
            count(*) FILTER (WHERE type = 'entry')::int AS without_code,
            coalesce(sum(until_ms - corrected_at_ms) FILTER (WHERE is_rush), 0)::bigint AS rush_ms
     FROM (
       SELECT gate, type, corrected_at_ms, type = 'mode' AND details->>'rush' = 'true' AS is_rush,
              least($3, lead(corrected_at_ms, 1, $3) OVER (
                PARTITION BY instance_key, lane, type = 'mode' ORDER BY corrected_at_ms)) AS until_ms
       FROM events
       WHERE place = ANY($1) AND corrected_at_ms >= $2 AND corrected_at_ms < $3
         AND (type <> 'entry' OR body_hash IS NULL)
     ) AS apart GROUP BY gate`,
    [places, fromMs, toMs],
  );
  return new Map(found.rows.map((row) => [row.gate, row]));
}

async function countUnkeyed(
  database: Queryable,
): Promise<Pick<Completeness, "notYetKeyed" | "neverKeyed">> {
  const found = await database.query<{ waiting: number; faults: number }>(
    `SELECT coalesce((SELECT sum(last_seq - first_seq + 1) FROM vault_work), 0)::int AS waiting,
            (SELECT count(*) FROM event_subjects WHERE subject IS NULL)::int AS faults`,
  );
  const [row] = found.rows;
  return { notYetKeyed: row?.waiting ?? 0, neverKeyed: row?.faults ?? 0 };
}
