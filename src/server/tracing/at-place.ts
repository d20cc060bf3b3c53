import type { Queryable } from "#server/database/pool.ts";
import { filingDay } from "#server/database/days.ts";
import { contactsFrom } from "#server/tracing/contacts.ts";
import type { Contact } from "#server/tracing/contacts.ts";
import type { Period } from "#server/tracing/find-visits.ts";
import { findCrowd } from "#server/tracing/find-crowd.ts";
import { LONGEST_SPAN_MS, around } from "#server/tracing/visit.ts";

/** Everybody who can have been at a place in a period, with how long of it; longest first. */
export async function findPeopleAt(
  database: Queryable,
  { place, zone }: { readonly place: string; readonly zone: string | null },
  period: Period,
): Promise<readonly Contact[]> {
  // The period itself is the stay of an index person whom nobody saw.
  const stay = {
    subject: "",
    place,
    zone,
    entered: around(period.fromMs, 0),
    left: around(period.toMs, 0),
  };
  return contactsFrom(await findCrowd(database, [stay], 0), new Set(), 0);
}

/** One hour of a place. */
export type HourCount = {
  /** Beginning of the hour, UTC milliseconds. */
  readonly hourMs: number;
  /** Visits that most likely began in it. */
  readonly entries: number;
  /** Inside at its beginning: surely, and at most. */
  readonly surelyInside: number;
  readonly possiblyInside: number;
};

const HOUR_MS = 3_600_000;

/** Entries and occupancy by the hour: numbers only, no persons. */
export async function countHours(
  database: Queryable,
  place: string,
  period: Period,
): Promise<readonly HourCount[]> {
  const fromMs = Math.floor(period.fromMs / HOUR_MS) * HOUR_MS;
  const found = await database.query<{
    hour_ms: number;
    entries: number;
    surely: number;
    possibly: number;
  }>({
    name: "count-hours",
    text: `SELECT h.hour_ms,
                  count(*) FILTER (WHERE v.t_in_ms + v.in_mid_after_ms >= h.hour_ms
                    AND v.t_in_ms + v.in_mid_after_ms < h.hour_ms + ${HOUR_MS}) AS entries,
                  count(*) FILTER (WHERE v.t_in_ms + v.in_hi_after_ms <= h.hour_ms
                    AND v.t_in_ms + v.out_lo_after_ms > h.hour_ms) AS surely,
                  count(*) FILTER (WHERE v.t_in_ms <= h.hour_ms AND v.t_in_ms + v.out_hi_after_ms > h.hour_ms) AS possibly
           FROM generate_series($2::bigint, $3::bigint, ${HOUR_MS}) AS h (hour_ms)
           LEFT JOIN visits v ON v.place = $1 AND v.t_in_ms > h.hour_ms - ${LONGEST_SPAN_MS}
             AND v.t_in_ms < h.hour_ms + ${HOUR_MS} AND v.local_day BETWEEN $4 AND $5
           GROUP BY h.hour_ms ORDER BY h.hour_ms`,
    values: [
      place,
      fromMs,
      period.toMs - 1,
      filingDay(fromMs - LONGEST_SPAN_MS),
      filingDay(period.toMs),
    ],
  });
  return found.rows.map((row) => ({
    hourMs: row.hour_ms,
    entries: row.entries,
    surelyInside: row.surely,
    possiblyInside: row.possibly,
  }));
}
