import type { Queryable } from "#server/database/pool.ts";
import { holdCase } from "#server/tracing/cases.ts";
import { bytesOf } from "#server/tracing/find-visits.ts";
import { MOST_PERSONS_ALONE, approvalRecords, covers } from "#server/vault/approval.ts";
import type { Approval } from "#server/vault/approval.ts";
import { appendAudit } from "#server/vault/audit.ts";

/** Who asks, for which case. */
export type TraceGrounds = {
  readonly caseNumber: string;
  readonly actor: string;
  /** What a second officer has agreed to. */
  readonly approval: Approval;
};

/** Local days, both inclusive: `2026-11-24`. */
export type DayWindow = { readonly firstDay: string; readonly lastDay: string };

/** Why a case does not let a question through at all, whoever asks. */
export type CaseRefusal =
  { readonly kind: "no-case" | "case-closed" } | ({ readonly kind: "outside-case" } & DayWindow);

/** Whether an answer may be given, and if not, why not. */
export type TracePermit =
  | { readonly kind: "granted" }
  | CaseRefusal
  | { readonly kind: "needs-approval"; readonly persons: number; readonly days: number };

/** Longer windows need a second officer (design: fixed values). */
const MOST_DAYS_ALONE = 14;
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
 * are audited as well; that a second officer is needed is not, because the request for one is. Inside the caller's
 * transaction.
 */
export async function permitTrace(
  client: Queryable,
  grounds: TraceGrounds,
  record: TraceRecord,
  nowMs: number,
): Promise<TracePermit> {
  const persons = new Set(record.subjects).size;
  const days = daysIn(record.window);
  const refusal = await refusalOfCase(client, grounds, record.window, nowMs);
  if (refusal !== null) return refusal;
  const isMuch = persons > MOST_PERSONS_ALONE || days > MOST_DAYS_ALONE;
  const { approval, caseNumber, actor } = grounds;
  if (isMuch && !covers(approval, persons)) return { kind: "needs-approval", persons, days };
  const audited = { at_ms: nowMs, actor, case: caseNumber } as const;
  const target = `${record.traceId}, ${persons} persons`;
  await appendAudit(client, [
    ...approvalRecords(approval, { ...audited, target }),
    { ...audited, action: "traced", target },
  ]);
  await keepAnswer(client, grounds, record, nowMs);
  return { kind: "granted" };
}

/**
 * Null when the case may be asked about these days, and stays open until the transaction ends. A refusal is audited.
 * Inside the caller's transaction.
 */
export async function refusalOfCase(
  client: Queryable,
  { caseNumber, actor }: Pick<TraceGrounds, "caseNumber" | "actor">,
  window: DayWindow,
  nowMs: number,
): Promise<CaseRefusal | null> {
  const refusal = await judgeCase(client, caseNumber, window, nowMs);
  if (refusal === null) return null;
  const record = { at_ms: nowMs, actor, case: caseNumber, reason: refusal.kind } as const;
  await appendAudit(client, [{ ...record, action: "trace-refused" }]);
  return refusal;
}

/** Days of a window, both ends counted. */
export function daysIn({ firstDay, lastDay }: DayWindow): number {
  return Math.round((Date.parse(lastDay) - Date.parse(firstDay)) / DAY_MS) + 1;
}

async function judgeCase(
  client: Queryable,
  caseNumber: string,
  { firstDay, lastDay }: DayWindow,
  nowMs: number,
): Promise<CaseRefusal | null> {
  const held = await holdCase(client, caseNumber, "share", nowMs);
  if (held.kind !== "open") return held;
  const isWithin = firstDay >= held.window.firstDay && lastDay <= held.window.lastDay;
  return isWithin ? null : { kind: "outside-case", ...held.window };
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
