import { filingDay } from "#server/database/days.ts";
import type { Queryable } from "#server/database/pool.ts";
import { VISIT_COLUMNS, visitFromRow } from "#server/tracing/visit-rows.ts";
import type { VisitRow } from "#server/tracing/visit-rows.ts";
import { LONGEST_SPAN_MS } from "#server/tracing/visit.ts";
import type { Visit } from "#server/tracing/visit.ts";

/** From `fromMs` until before `toMs`; UTC milliseconds. */
export type Period = { readonly fromMs: number; readonly toMs: number };

/** A visit that can have met a stay, by the stay's number in the question. */
export type Candidate = { readonly stay: number; readonly visit: BareVisit };

/** A visit as far as minutes need it. */
export type BareVisit = Pick<Visit, "subject" | "place" | "zone" | "entered" | "left">;

/** Visits of persons that can have touched a period, oldest first. */
export async function findHistory(
  database: Queryable,
  subjects: readonly string[],
  { fromMs, toMs }: Period,
): Promise<readonly Visit[]> {
  const found = await database.query<VisitRow>({
    name: "find-history",
    text: `SELECT ${VISIT_COLUMNS} FROM visits v
           WHERE v.subject = ANY($1::bytea[]) AND v.t_in_ms >= $2 AND v.t_in_ms < $3
             AND v.local_day BETWEEN $4 AND $5 AND v.t_in_ms + v.out_hi_after_ms >= $6
           ORDER BY v.t_in_ms, v.event_id`,
    values: [
      subjects.map(bytesOf),
      fromMs - LONGEST_SPAN_MS,
      toMs,
      filingDay(fromMs - LONGEST_SPAN_MS),
      filingDay(toMs),
      fromMs,
    ],
  });
  return found.rows.map(visitFromRow);
}

type CandidateRow = [
  stay: number,
  subject: string,
  zone: string | null,
  startMs: number,
  inMid: number,
  inHi: number,
  outLo: number,
  outMid: number,
  outHi: number,
];

/**
 * Visits of other persons that can have met stays: per stay one range of the index by place, bounded by the longest
 * span. `lingeringMs` prolongs the stays.
 */
export async function findCandidates(
  database: Queryable,
  stays: readonly Omit<BareVisit, "subject">[],
  question: { readonly exceptSubjects: readonly string[]; readonly lingeringMs: number },
): Promise<readonly Candidate[]> {
  if (stays.length === 0) return [];
  const starts = stays.map((stay) => stay.entered.loMs);
  const ends = stays.map((stay) => stay.left.hiMs + question.lingeringMs);
  const first = starts.map((startMs) => filingDay(startMs - LONGEST_SPAN_MS));
  const last = ends.map(filingDay);
  const found = await database.query<CandidateRow, unknown[]>({
    name: "find-candidates",
    rowMode: "array",
    text: `SELECT s.no, encode(v.subject, 'hex'), v.zone, v.t_in_ms, v.in_mid_after_ms, v.in_hi_after_ms,
                  v.out_lo_after_ms, v.out_mid_after_ms, v.out_hi_after_ms
           FROM unnest($1::int[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::date[], $7::date[])
             AS s (no, place, zone, from_ms, to_ms, first_day, last_day)
           JOIN visits v ON v.place = s.place AND v.t_in_ms > s.from_ms - ${LONGEST_SPAN_MS} AND v.t_in_ms < s.to_ms
             AND v.local_day BETWEEN s.first_day AND s.last_day
           WHERE v.t_in_ms + v.out_hi_after_ms > s.from_ms
             AND (v.zone IS NULL OR s.zone IS NULL OR v.zone = s.zone)
             AND v.subject <> ALL($8::bytea[])
             AND v.local_day BETWEEN $9 AND $10`,
    values: [
      stays.map((_, index) => index),
      stays.map((stay) => stay.place),
      stays.map((stay) => stay.zone),
      starts,
      ends,
      first,
      last,
      question.exceptSubjects.map(bytesOf),
      filingDay(Math.min(...starts) - LONGEST_SPAN_MS),
      filingDay(Math.max(...ends)),
    ],
  });
  return found.rows.map((row) => candidateFromRow(row, stays));
}

export function bytesOf(hex: string): Buffer {
  return Buffer.from(hex, "hex");
}

function candidateFromRow(
  row: CandidateRow,
  stays: readonly Omit<BareVisit, "subject">[],
): Candidate {
  const [stay, subject, zone, startMs, inMid, inHi, outLo, outMid, outHi] = row;
  return {
    stay,
    visit: {
      subject,
      place: stays[stay]?.place ?? "",
      zone,
      entered: { loMs: startMs, midMs: startMs + inMid, hiMs: startMs + inHi },
      left: { loMs: startMs + outLo, midMs: startMs + outMid, hiMs: startMs + outHi },
    },
  };
}
