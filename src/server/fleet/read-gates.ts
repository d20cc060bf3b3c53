import { isoTime, localDay } from "#core/dates.ts";
import type { Queryable } from "#server/database/pool.ts";
import { HISTORY_DAYS } from "#server/fleet/count-days.ts";
import { spanFromRow } from "#server/fleet/hours-in-force.ts";
import type { SpanRow } from "#server/fleet/hours-in-force.ts";
import { judgeSilence } from "#server/fleet/silent-gate.ts";

/** One gate on the fleet's board. */
export type FleetGate = {
  readonly place: string;
  readonly place_name: string;
  readonly gate: string;
  readonly gate_name: string;
  readonly silence: "normal" | "closed" | "silent";
  readonly last_entry_at: string | null;
  readonly quiet_minutes: number;
  /** Entries that should have come since the last one; null when the gate has no history. */
  readonly expected: number | null;
};

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** A weekday that was seen fewer times than this says nothing of the next one. */
const LEAST_DAYS = 7;

type GateRow = {
  readonly place: string;
  readonly place_name: string;
  readonly gate: string;
  readonly gate_name: string;
  readonly since_ms: number;
  readonly last_entry_ms: number | null;
  readonly hours: readonly SpanRow[] | null;
};

/** All gates that have a working station, judged by their own history and opening hours. */
export async function readGates(database: Queryable, nowMs: number): Promise<readonly FleetGate[]> {
  const usual = await readUsual(database, nowMs);
  const found = await database.query<GateRow>(
    `SELECT p.place, p.name AS place_name, g.gate, g.name AS gate_name, s.since_ms,
            greatest(now_seen.last_ms, before.last_ms) AS last_entry_ms,
            (SELECT json_agg(json_build_array(weekday, opens_minute, closes_minute))
             FROM hours_in_force w WHERE w.gate = g.gate) AS hours
     FROM gates g JOIN places p USING (place)
     JOIN (SELECT gate, min(enrolled_at_ms) AS since_ms FROM stations
           WHERE state = 'active' GROUP BY gate) s ON s.gate = g.gate
     LEFT JOIN (SELECT gate, max(corrected_at_ms) AS last_ms FROM events
                WHERE local_day >= $1 AND local_day <= $2 AND type = 'entry' GROUP BY gate) now_seen
       ON now_seen.gate = g.gate
     LEFT JOIN (SELECT gate, max(last_at_ms) AS last_ms FROM gate_hour_counts GROUP BY gate) before
       ON before.gate = g.gate
     ORDER BY p.name, g.name, g.gate`,
    [localDay(nowMs - DAY_MS), localDay(nowMs)],
  );
  return found.rows.map((row) => gateFromRow(row, usual, nowMs));
}

type Usual = ReadonlyMap<string, (weekday: number, hour: number) => number>;

/** Mean entries of each weekday and hour over the counted days, by gate. Days before a gate's first entry do not count. */
async function readUsual(database: Queryable, nowMs: number): Promise<Usual> {
  const found = await database.query<{
    gate: string;
    days: number;
    means: readonly (readonly [number, number, number])[];
  }>(
    `WITH gate_days AS (
       SELECT gate, min(local_day) AS first_day FROM gate_hour_counts WHERE local_day >= $1 GROUP BY gate
     ), weekdays AS (
       SELECT gate, extract(isodow FROM local_day)::int AS weekday, count(*) AS days
       FROM gate_days JOIN counted_days ON local_day >= first_day GROUP BY 1, 2
     ), hours AS (
       SELECT gate, extract(isodow FROM local_day)::int AS weekday, hour, sum(entries) AS entries
       FROM gate_hour_counts WHERE local_day >= $1 GROUP BY 1, 2, 3
     )
     SELECT gate, (SELECT sum(days)::int FROM weekdays w WHERE w.gate = hours.gate) AS days,
            json_agg(json_build_array(weekday, hour, entries::float / weekdays.days)) AS means
     FROM hours JOIN weekdays USING (gate, weekday) GROUP BY gate`,
    [localDay(nowMs - HISTORY_DAYS * DAY_MS)],
  );
  return new Map(
    found.rows
      .filter(({ days }) => days >= LEAST_DAYS)
      .map(({ gate, means }) => {
        const byHour = new Map(means.map(([weekday, hour, mean]) => [weekday * 24 + hour, mean]));
        return [gate, (weekday: number, hour: number) => byHour.get(weekday * 24 + hour) ?? 0];
      }),
  );
}

function gateFromRow(row: GateRow, usual: Usual, nowMs: number): FleetGate {
  const silence = judgeSilence({
    nowMs,
    lastEntryMs: row.last_entry_ms,
    sinceMs: row.since_ms,
    // Null: nobody has said.
    hours: row.hours?.map(spanFromRow) ?? null,
    usual: usual.get(row.gate) ?? null,
  });
  return {
    place: row.place,
    place_name: row.place_name,
    gate: row.gate,
    gate_name: row.gate_name,
    silence: silence.kind,
    last_entry_at: isoTime(row.last_entry_ms),
    quiet_minutes: Math.floor(silence.quietMs / MINUTE_MS),
    expected: silence.kind === "silent" ? silence.expected : null,
  };
}
