import { filingDay } from "#server/database/days.ts";
import type { Queryable } from "#server/database/pool.ts";
import type { Range } from "#server/tracing/sightings.ts";
import { LONGEST_SPAN_MS } from "#server/tracing/visit.ts";
import type { ExitKnown, Visit } from "#server/tracing/visit.ts";

/** A row of `visits`, with the subject in hex. */
export type VisitRow = {
  readonly local_day: string;
  readonly place: string;
  readonly event_id: string;
  readonly subject: string;
  readonly t_in_ms: number;
  readonly in_mid_after_ms: number;
  readonly in_hi_after_ms: number;
  readonly out_lo_after_ms: number;
  readonly out_mid_after_ms: number;
  readonly out_hi_after_ms: number;
  readonly zone: string | null;
  readonly gate: string;
  readonly is_entry_seen: boolean;
  readonly exit_known: ExitKnown;
};

const columns: readonly (readonly [keyof VisitRow, string])[] = [
  ["local_day", "date"],
  ["place", "text"],
  ["event_id", "uuid"],
  ["subject", "text"],
  ["t_in_ms", "bigint"],
  ["in_mid_after_ms", "int"],
  ["in_hi_after_ms", "int"],
  ["out_lo_after_ms", "int"],
  ["out_mid_after_ms", "int"],
  ["out_hi_after_ms", "int"],
  ["zone", "text"],
  ["gate", "text"],
  ["is_entry_seen", "boolean"],
  ["exit_known", "text"],
];

/** Columns of {@link VisitRow}, from `visits v`. */
export const VISIT_COLUMNS = columns
  .map(([name]) => (name === "subject" ? "encode(v.subject, 'hex') AS subject" : `v.${name}`))
  .join(", ");

/** All that a row says, in one text: two rows are the same when their texts are. */
export function textOfVisit(row: VisitRow): string {
  return columns.map(([name]) => String(row[name])).join("\n");
}

const INSERT = `INSERT INTO visits (${columns.map(([name]) => name).join(", ")})
  SELECT ${columns.map(([name]) => (name === "subject" ? "decode(subject, 'hex')" : name)).join(", ")}
  FROM unnest(${columns.map(([, type], index) => `$${index + 1}::${type}[]`).join(", ")})
    AS fresh (${columns.map(([name]) => name).join(", ")})`;

/** Visits that begin in ranges of time, or as much earlier as the longest span. */
export async function readVisitsNear(
  client: Queryable,
  ranges: readonly Range[],
): Promise<readonly VisitRow[]> {
  const starts = ranges.map((range) => range.fromMs - LONGEST_SPAN_MS);
  const found = await client.query<VisitRow>({
    name: "read-visits-near",
    text: `SELECT ${VISIT_COLUMNS}
           FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS range (subject, from_ms, to_ms)
           JOIN visits v ON v.subject = decode(range.subject, 'hex')
             AND v.t_in_ms BETWEEN range.from_ms AND range.to_ms
           WHERE v.local_day BETWEEN $4 AND $5`,
    values: [
      ranges.map((range) => range.subject),
      starts,
      ranges.map((range) => range.toMs),
      filingDay(Math.min(...starts)),
      filingDay(Math.max(...ranges.map((range) => range.toMs))),
    ],
  });
  return found.rows;
}

/** Removes and adds whole rows. */
export async function replaceVisits(
  client: Queryable,
  removed: readonly VisitRow[],
  added: readonly VisitRow[],
): Promise<void> {
  if (removed.length > 0) {
    await client.query({
      name: "remove-visits",
      text: `DELETE FROM visits v
             USING unnest($1::date[], $2::text[], $3::uuid[]) AS old (local_day, place, event_id)
             WHERE v.local_day = old.local_day AND v.place = old.place AND v.event_id = old.event_id`,
      values: [
        removed.map((row) => row.local_day),
        removed.map((row) => row.place),
        removed.map((row) => row.event_id),
      ],
    });
  }
  if (added.length === 0) return;
  const values = columns.map(([name]) => added.map((row) => row[name]));
  await client.query({ name: "add-visits", text: INSERT, values });
}

/** A visit as it is stored. */
export function rowOfVisit(visit: Visit): VisitRow {
  const { entered, left } = visit;
  const startMs = entered.loMs;
  return {
    local_day: filingDay(startMs),
    place: visit.place,
    event_id: visit.eventId,
    subject: visit.subject,
    t_in_ms: startMs,
    in_mid_after_ms: entered.midMs - startMs,
    in_hi_after_ms: entered.hiMs - startMs,
    out_lo_after_ms: left.loMs - startMs,
    out_mid_after_ms: left.midMs - startMs,
    out_hi_after_ms: left.hiMs - startMs,
    zone: visit.zone,
    gate: visit.gate,
    is_entry_seen: visit.isEntrySeen,
    exit_known: visit.exitKnown,
  };
}

/** A stored visit as it was paired. */
export function visitFromRow(row: VisitRow): Visit {
  const startMs = row.t_in_ms;
  return {
    eventId: row.event_id,
    subject: row.subject,
    place: row.place,
    zone: row.zone,
    gate: row.gate,
    entered: {
      loMs: startMs,
      midMs: startMs + row.in_mid_after_ms,
      hiMs: startMs + row.in_hi_after_ms,
    },
    left: {
      loMs: startMs + row.out_lo_after_ms,
      midMs: startMs + row.out_mid_after_ms,
      hiMs: startMs + row.out_hi_after_ms,
    },
    isEntrySeen: row.is_entry_seen,
    exitKnown: row.exit_known,
  };
}
