import { filingDay } from "#server/database/days.ts";
import type { Queryable } from "#server/database/pool.ts";
import { closingMinutes, spanFromRow } from "#server/fleet/hours-in-force.ts";
import type { SpanRow } from "#server/fleet/hours-in-force.ts";
import type { PlaceFacts, Sighting } from "#server/tracing/pair.ts";
import { WORST_CLOCK_MS } from "#server/tracing/visit.ts";

/** A person between two times, both inclusive; UTC milliseconds. */
export type Range = { readonly subject: string; readonly fromMs: number; readonly toMs: number };

/** A sighting, whether its station has taken it back, and whether nobody but the person has said so. */
export type StoredSighting = Sighting & {
  readonly isUndone: boolean;
  readonly isSelfDeclared: boolean;
};

/** How far off a clock may be whose station has not said. */
const UNSAID_ERROR_MS = 2 * 60_000;
const DOUBTFUL_ERROR_MS = 15 * 60_000;

type Row = {
  readonly subject: string;
  readonly event_id: string;
  readonly place: string;
  readonly zone: string | null;
  readonly gate: string;
  readonly direction: string | null;
  readonly direction_known: string | null;
  readonly flags: readonly string[];
  readonly corrected_at_ms: number;
  readonly offset_error_ms: number | null;
  readonly is_undone: boolean;
};

/** Every keyed entry of persons in ranges of time; those of one person must not overlap. */
export async function readSightings(
  client: Queryable,
  ranges: readonly Range[],
): Promise<readonly StoredSighting[]> {
  const days = ranges.map(({ fromMs, toMs }) => [filingDay(fromMs), filingDay(toMs)] as const);
  const found = await client.query<Row>({
    name: "read-sightings",
    text: `SELECT encode(s.subject, 'hex') AS subject, e.event_id, e.place, z.zone, e.gate, e.direction,
                  e.direction_known, e.flags, e.corrected_at_ms, e.offset_error_ms,
                  EXISTS (SELECT FROM undone_entries u JOIN instances i ON i.station = u.station
                          WHERE u.target = e.event_id AND i.instance_key = e.instance_key) AS is_undone
           FROM unnest($1::text[], $2::date[], $3::date[], $4::bigint[], $5::bigint[])
             AS range (subject, first_day, last_day, from_ms, to_ms)
           JOIN event_subjects s ON s.subject = decode(range.subject, 'hex')
             AND s.local_day BETWEEN range.first_day AND range.last_day
           JOIN events e ON e.local_day = s.local_day AND e.event_id = s.event_id
           LEFT JOIN gates z ON z.gate = e.gate
           WHERE e.type = 'entry' AND e.corrected_at_ms BETWEEN range.from_ms AND range.to_ms
             AND s.local_day BETWEEN $6 AND $7 AND e.local_day BETWEEN $6 AND $7`,
    values: [
      ranges.map((range) => range.subject),
      days.map(([first]) => first),
      days.map(([, last]) => last),
      ranges.map((range) => range.fromMs),
      ranges.map((range) => range.toMs),
      days.map(([first]) => first).reduce((one, other) => (one < other ? one : other)),
      days.map(([, last]) => last).reduce((one, other) => (one > other ? one : other)),
    ],
  });
  return found.rows.map(sightingFromRow);
}

/** What is known of places, for pairing; nothing is known of a place that nobody registered. */
export async function readPlaceFacts(
  client: Queryable,
  places: readonly string[],
): Promise<(place: string) => PlaceFacts> {
  const found = await client.query<{
    place: string;
    type: string | null;
    hours: readonly SpanRow[] | null;
  }>({
    name: "read-place-facts",
    text: `SELECT p.place, p.type, h.hours FROM places p
           LEFT JOIN (SELECT place, json_agg(json_build_array(weekday, opens_minute, closes_minute)) AS hours
                      FROM hours_in_force WHERE place = ANY($1) GROUP BY place) h ON h.place = p.place
           WHERE p.place = ANY($1)`,
    values: [places],
  });
  const known = new Map(
    found.rows.map(({ place, type, hours }) => {
      const closesMinutes = closingMinutes((hours ?? []).map(spanFromRow));
      return [place, { type, closesMinutes }];
    }),
  );
  return (place) => known.get(place) ?? { type: null, closesMinutes: [] };
}

function sightingFromRow(row: Row): StoredSighting {
  return {
    eventId: row.event_id,
    subject: row.subject,
    place: row.place,
    zone: row.zone,
    gate: row.gate,
    direction: row.direction === "out" ? "out" : "in",
    isDirectionSeen: row.direction_known === "seen",
    atMs: row.corrected_at_ms,
    errorMs: errorOf(row),
    isUndone: row.is_undone,
    isSelfDeclared: row.flags.includes("self-declared"),
  };
}

function errorOf({ flags, offset_error_ms }: Row): number {
  const said = Math.max(0, offset_error_ms ?? UNSAID_ERROR_MS);
  const doubted = flags.includes("clock-doubtful") ? DOUBTFUL_ERROR_MS : 0;
  return Math.min(Math.max(said, doubted), WORST_CLOCK_MS);
}
