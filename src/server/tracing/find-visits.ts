import { filingDay } from "#server/database/days.ts";
import type { Queryable } from "#server/database/pool.ts";
import { VISIT_COLUMNS, visitFromRow } from "#server/tracing/visit-rows.ts";
import type { VisitRow } from "#server/tracing/visit-rows.ts";
import { LONGEST_SPAN_MS } from "#server/tracing/visit.ts";
import type { Visit } from "#server/tracing/visit.ts";

/** From `fromMs` until before `toMs`; UTC milliseconds. */
export type Period = { readonly fromMs: number; readonly toMs: number };

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

export function bytesOf(hex: string): Buffer {
  return Buffer.from(hex, "hex");
}
