import { localDay } from "#core/dates.ts";
import type { Queryable } from "#server/database/pool.ts";
import { bytesOf } from "#server/tracing/find-visits.ts";
import { appendAudit } from "#server/vault/audit.ts";
import { MOST_PERSONS_ALONE } from "#server/vault/open-entries.ts";

/** Who asks, for which case. */
export type TraceGrounds = {
  readonly caseNumber: string;
  readonly actor: string;
  /** A second officer has agreed. */
  readonly isApproved: boolean;
};

/** Local days, both inclusive: `2026-11-24`. */
export type DayWindow = { readonly firstDay: string; readonly lastDay: string };

/** Whether an answer may be given, and if not, why not. */
export type TracePermit =
  | { readonly kind: "granted" }
  | { readonly kind: "no-case" }
  | ({ readonly kind: "outside-case" } & DayWindow)
  | { readonly kind: "needs-approval"; readonly persons: number; readonly days: number };

/** Longer windows need a second officer (design: fixed values). */
const MOST_DAYS_ALONE = 14;
const CASE_REACHES_BACK_MS = 27 * 86_400_000;
const DAY_MS = 86_400_000;

export type TraceRecord = {
  readonly traceId: string;
  /** The question without persons' numbers: what was asked, about when. */
  readonly question: Readonly<Record<string, string | number>>;
  readonly window: DayWindow;
  /** Everybody whom the answer names, index persons too. */
  readonly subjects: readonly string[];
};

/**
 * Decides whether an answer may be given, and records it with everybody whom it names before anybody sees it. Refusals
 * are audited as well. Inside the caller's transaction.
 */
export async function permitTrace(
  client: Queryable,
  grounds: TraceGrounds,
  record: TraceRecord,
  nowMs: number,
): Promise<TracePermit> {
  const permit = await judge(client, grounds, record, nowMs);
  const { caseNumber, actor } = grounds;
  const target = `${record.traceId}, ${record.subjects.length} persons`;
  const audited = { at_ms: nowMs, actor, case: caseNumber, target } as const;
  if (permit.kind !== "granted") {
    await appendAudit(client, [{ ...audited, action: "trace-refused", reason: permit.kind }]);
    return permit;
  }
  if (grounds.isApproved) {
    await appendAudit(client, [{ ...audited, action: "second-officer-approved" }]);
  }
  await appendAudit(client, [{ ...audited, action: "traced" }]);
  await keepAnswer(client, grounds, record, nowMs);
  return permit;
}

/** Days of a window, both ends counted. */
export function daysIn({ firstDay, lastDay }: DayWindow): number {
  return Math.round((Date.parse(lastDay) - Date.parse(firstDay)) / DAY_MS) + 1;
}

async function judge(
  client: Queryable,
  grounds: TraceGrounds,
  { window, subjects }: TraceRecord,
  nowMs: number,
): Promise<TracePermit> {
  const reach = await windowOfCase(client, grounds.caseNumber, nowMs);
  if (reach === null) return { kind: "no-case" };
  if (window.firstDay < reach.firstDay || window.lastDay > reach.lastDay) {
    return { kind: "outside-case", ...reach };
  }
  const days = daysIn(window);
  const isMuch = subjects.length > MOST_PERSONS_ALONE || days > MOST_DAYS_ALONE;
  if (isMuch && !grounds.isApproved) {
    return { kind: "needs-approval", persons: subjects.length, days };
  }
  return { kind: "granted" };
}

/** A case without days reaches 28 days back from its opening, and to today. */
async function windowOfCase(
  client: Queryable,
  caseNumber: string,
  nowMs: number,
): Promise<DayWindow | null> {
  const found = await client.query<{
    opened_at_ms: number;
    first_day: string | null;
    last_day: string | null;
  }>("SELECT opened_at_ms, first_day, last_day FROM cases WHERE case_number = $1", [caseNumber]);
  const [row] = found.rows;
  if (row === undefined) return null;
  return {
    firstDay: row.first_day ?? localDay(row.opened_at_ms - CASE_REACHES_BACK_MS),
    lastDay: row.last_day ?? localDay(nowMs),
  };
}

async function keepAnswer(
  client: Queryable,
  { caseNumber, actor }: TraceGrounds,
  { traceId, question, subjects }: TraceRecord,
  nowMs: number,
): Promise<void> {
  await client.query(
    `INSERT INTO traces (trace_id, case_number, actor, question, persons, asked_at_ms) VALUES ($1, $2, $3, $4, $5, $6)`,
    [traceId, caseNumber, actor, JSON.stringify(question), subjects.length, nowMs],
  );
  await client.query(
    "INSERT INTO trace_persons (subject, trace_id) SELECT DISTINCT subject, $2 FROM unnest($1::bytea[]) AS seen (subject)",
    [subjects.map(bytesOf), traceId],
  );
}
