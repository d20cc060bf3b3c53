import { filingDay } from "#server/database/days.ts";
import type { Queryable } from "#server/database/pool.ts";
import type { Contact } from "#server/tracing/contacts.ts";
import { bytesOf } from "#server/tracing/find-visits.ts";
import { LONGEST_SPAN_MS } from "#server/tracing/visit.ts";

/** Somebody who can have met a contact after that contact had met an index person. */
export type SecondContact = {
  readonly subject: string;
  /** How many of the contacts this one can have met. */
  readonly through: number;
  /** Added up over visits, from the likeliest times; a measure to sort by. */
  readonly expectedMs: number;
  /** Added up over visits. */
  readonly possibleMs: number;
};

/** More contacts than this are not followed: the rest of the first degree would be half the town. */
export const MOST_FOLLOWED = 50;
const MOST_ANSWERED = 1_000;

export type SecondQuestion = {
  readonly indexSubjects: readonly string[];
  /** First degree, longest together first. */
  readonly contacts: readonly Contact[];
  /** Until before; UTC milliseconds. */
  readonly toMs: number;
};

/**
 * The second degree: whom the {@link MOST_FOLLOWED} closest contacts can have met from their first meeting on. Index
 * persons and contacts themselves are left out. At most a thousand persons, by expected time.
 */
export async function findSecondContacts(
  database: Queryable,
  question: SecondQuestion,
): Promise<readonly SecondContact[]> {
  const followed = question.contacts.slice(0, MOST_FOLLOWED);
  if (followed.length === 0) return [];
  const sinceMs = followed.map((contact) => contact.firstMs);
  const known = [...question.indexSubjects, ...question.contacts.map(({ subject }) => subject)];
  const firstDay = filingDay(Math.min(...sinceMs) - LONGEST_SPAN_MS);
  const found = await database.query<{
    subject: string;
    through: number;
    expected_ms: number;
    possible_ms: number;
  }>({
    name: "find-second-contacts",
    text: SECOND,
    values: [
      followed.map((contact) => bytesOf(contact.subject)),
      sinceMs,
      question.toMs,
      firstDay,
      filingDay(question.toMs + LONGEST_SPAN_MS),
      known.map(bytesOf),
    ],
  });
  return found.rows.map((row) => ({
    subject: row.subject,
    through: row.through,
    expectedMs: row.expected_ms,
    possibleMs: row.possible_ms,
  }));
}

const SECOND = `
  WITH stays AS MATERIALIZED (
    SELECT c.no, v.place, v.zone, v.t_in_ms AS in_lo, v.t_in_ms + v.in_mid_after_ms AS in_mid,
           v.t_in_ms + v.out_mid_after_ms AS out_mid, v.t_in_ms + v.out_hi_after_ms AS out_hi,
           (to_timestamp((v.t_in_ms - ${LONGEST_SPAN_MS}) / 1000) AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS first_day,
           (to_timestamp((v.t_in_ms + v.out_hi_after_ms) / 1000) AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS last_day
    FROM unnest($1::bytea[], $2::bigint[]) WITH ORDINALITY AS c (subject, since_ms, no)
    JOIN visits v ON v.subject = c.subject AND v.t_in_ms >= c.since_ms - ${LONGEST_SPAN_MS} AND v.t_in_ms < $3
    WHERE v.local_day BETWEEN $4 AND $5 AND v.t_in_ms + v.out_hi_after_ms > c.since_ms
  ), met_one AS (
    SELECT v.subject, s.no,
           sum(greatest(0, least(s.out_mid, v.t_in_ms + v.out_mid_after_ms)
                           - greatest(s.in_mid, v.t_in_ms + v.in_mid_after_ms)))::bigint AS expected_ms,
           sum(least(s.out_hi, v.t_in_ms + v.out_hi_after_ms) - greatest(s.in_lo, v.t_in_ms))::bigint AS possible_ms
    FROM stays s
    JOIN visits v ON v.place = s.place AND v.t_in_ms > s.in_lo - ${LONGEST_SPAN_MS} AND v.t_in_ms < s.out_hi
      AND v.local_day BETWEEN s.first_day AND s.last_day
    WHERE v.t_in_ms + v.out_hi_after_ms > s.in_lo
      AND (v.zone IS NULL OR s.zone IS NULL OR v.zone = s.zone)
      AND v.local_day BETWEEN $4 AND $5
    GROUP BY v.subject, s.no
  ), met AS (
    SELECT subject, count(*) AS through, sum(expected_ms)::bigint AS expected_ms, sum(possible_ms)::bigint AS possible_ms
    FROM met_one GROUP BY subject
  )
  SELECT encode(m.subject, 'hex') AS subject, m.through::int, m.expected_ms, m.possible_ms
  FROM met m
  WHERE NOT EXISTS (SELECT FROM unnest($6::bytea[]) AS known (subject) WHERE known.subject = m.subject)
  ORDER BY m.expected_ms DESC, m.subject LIMIT ${MOST_ANSWERED}`;
