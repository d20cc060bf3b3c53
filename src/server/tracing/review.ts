import type { Queryable } from "#server/database/pool.ts";

/** Something about a card that an officer should look into: it may be lent, copied, or scanned in jest. */
export type ReviewItem = {
  readonly subject: string;
  readonly kind: "two-places-at-once" | "too-many-entries";
  readonly localDay: string;
  /** How many places within a minute, or how many entries. */
  readonly count: number;
};

/** More entries on one local day with one card are odd. */
const MOST_ENTRIES_A_DAY = 40;
/** Nobody goes from one place to another in less. */
const SHORTEST_WAY_MS = 60_000;
const MOST_ITEMS = 1_000;

/** Odd cards between two local days, both inclusive; at most a thousand, the oddest first. */
export async function findOddCards(
  database: Queryable,
  firstDay: string,
  lastDay: string,
): Promise<readonly ReviewItem[]> {
  const found = await database.query<{
    subject: string;
    kind: ReviewItem["kind"];
    local_day: string;
    count: number;
  }>(
    `WITH seen AS (
       SELECT v.subject, v.local_day, v.place,
              CASE WHEN v.is_entry_seen THEN v.t_in_ms + v.in_mid_after_ms ELSE v.t_in_ms + v.out_mid_after_ms END AS at_ms,
              CASE WHEN v.is_entry_seen THEN v.in_hi_after_ms - v.in_mid_after_ms
                   ELSE v.out_hi_after_ms - v.out_mid_after_ms END AS error_ms
       FROM visits v WHERE v.local_day BETWEEN $1 AND $2
     ), steps AS (
       SELECT *, lag(place) OVER person AS place_before, lag(at_ms) OVER person AS at_before,
              lag(error_ms) OVER person AS error_before
       FROM seen WINDOW person AS (PARTITION BY subject ORDER BY at_ms)
     ), odd AS (
       SELECT subject, 'two-places-at-once' AS kind, local_day, count(*) AS count FROM steps
       WHERE place <> place_before AND at_ms - at_before + error_ms + error_before < $3
       GROUP BY subject, local_day
       UNION ALL
       SELECT subject, 'too-many-entries', local_day, count(*) FROM seen
       GROUP BY subject, local_day HAVING count(*) > $4
     )
     SELECT encode(subject, 'hex') AS subject, kind, local_day, count
     FROM odd ORDER BY count DESC, subject, kind, local_day LIMIT $5`,
    [firstDay, lastDay, SHORTEST_WAY_MS, MOST_ENTRIES_A_DAY, MOST_ITEMS],
  );
  return found.rows.map(({ subject, kind, local_day, count }) => ({
    subject,
    kind,
    localDay: local_day,
    count,
  }));
}
