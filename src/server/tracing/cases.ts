import { localDay } from "#core/dates.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";
import type { DayWindow } from "#server/tracing/permit.ts";
import { appendAudit } from "#server/vault/audit.ts";

/** The legal reason of questions and openings; times are UTC milliseconds, days local. */
export type Case = {
  readonly case: string;
  readonly basis: string;
  readonly reason: string;
  readonly opened_by: string;
  readonly opened_at_ms: number;
  /** Null: 28 days before it was opened, and since. */
  readonly first_day: string | null;
  readonly last_day: string | null;
  readonly closed_at_ms: number | null;
  readonly closed_by: string | null;
  readonly closing_note: string | null;
};

export type NewCase = Pick<Case, "case" | "basis" | "reason"> & {
  readonly window: DayWindow | null;
};

/** Which part of the list. */
export type CasePage = {
  /** Only those that this officer opened; null: all. */
  readonly openedBy: string | null;
  /** Number of the last case of the page before; null for the first page. */
  readonly after: string | null;
  readonly limit: number;
};

const REACHES_BACK_MS = 27 * 86_400_000;
const COLUMNS = `c.case_number AS case, c.basis, c.reason, c.opened_by, c.opened_at_ms, c.first_day, c.last_day,
  c.closed_at_ms, c.closed_by, c.closing_note`;

/** Opens a case and notes it. False when there is one of that number, closed or not. */
export function openCase(
  pool: Pool,
  opened: NewCase,
  actor: string,
  nowMs: number,
): Promise<boolean> {
  const { case: number, basis, reason, window } = opened;
  return inTransaction(pool, async (client) => {
    const inserted = await client.query(
      `INSERT INTO cases (case_number, basis, reason, opened_by, opened_at_ms, first_day, last_day)
       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
      [number, basis, reason, actor, nowMs, window?.firstDay ?? null, window?.lastDay ?? null],
    );
    if (inserted.rowCount === 0) return false;
    await appendAudit(client, [
      { at_ms: nowMs, actor, action: "case-opened", case: number, reason },
    ]);
    return true;
  });
}

/** Closes a case for good and notes it: it answers nothing more. */
export function closeCase(
  pool: Pool,
  closing: { readonly case: string; readonly actor: string; readonly note: string },
  nowMs: number,
): Promise<"closed" | "closed-before" | "unknown"> {
  const { case: number, actor, note } = closing;
  return inTransaction(pool, async (client) => {
    const closed = await client.query(
      `UPDATE cases SET closed_at_ms = $2, closed_by = $3, closing_note = $4
       WHERE case_number = $1 AND closed_at_ms IS NULL`,
      [number, nowMs, actor, note],
    );
    if (closed.rowCount === 0) {
      return (await findCase(client, number)) === null ? "unknown" : "closed-before";
    }
    await appendAudit(client, [
      { at_ms: nowMs, actor, action: "case-closed", case: number, reason: note },
    ]);
    return "closed";
  });
}

/** Null when there is no such case. */
export async function findCase(database: Queryable, number: string): Promise<Case | null> {
  const found = await database.query<Case>(
    `SELECT ${COLUMNS} FROM cases c WHERE c.case_number = $1`,
    [number],
  );
  return found.rows[0] ?? null;
}

/** One page of cases, newest first. */
export async function listCases(database: Queryable, page: CasePage): Promise<readonly Case[]> {
  const found = await database.query<Case>(
    `SELECT ${COLUMNS} FROM cases c
     WHERE ($1::text IS NULL OR c.opened_by = $1)
       AND ($2::text IS NULL OR (c.opened_at_ms, c.case_number) <
         (SELECT a.opened_at_ms, a.case_number FROM cases a WHERE a.case_number = $2))
     ORDER BY c.opened_at_ms DESC, c.case_number DESC LIMIT $3`,
    [page.openedBy, page.after, page.limit],
  );
  return found.rows;
}

/** Whether a case may be asked at this moment, about which days. It stays so until the transaction ends. */
export type OpenCase =
  | { readonly kind: "open"; readonly window: DayWindow }
  | { readonly kind: "no-case" }
  | { readonly kind: "case-closed" };

/** `lock`: against closing (`share`), or also against others who ask (`alone`). Inside the caller's transaction. */
export async function holdCase(
  client: Queryable,
  number: string,
  lock: "share" | "alone",
  nowMs: number,
): Promise<OpenCase> {
  const found = await client.query<Case>(
    `SELECT ${COLUMNS} FROM cases c WHERE c.case_number = $1 FOR ${lock === "alone" ? "UPDATE" : "SHARE"}`,
    [number],
  );
  const [row] = found.rows;
  if (row === undefined) return { kind: "no-case" };
  if (row.closed_at_ms !== null) return { kind: "case-closed" };
  const firstDay = row.first_day ?? localDay(row.opened_at_ms - REACHES_BACK_MS);
  return { kind: "open", window: { firstDay, lastDay: row.last_day ?? localDay(nowMs) } };
}

/** One answer that a case was given; whom it named is not told here. */
export type AskedQuestion = {
  readonly trace_id: string;
  readonly officer: string;
  readonly asked_at_ms: number;
  readonly question: Readonly<Record<string, string | number>>;
  readonly persons: number;
};

/** One page of the answers of a case, newest first; `after` is the `trace_id` of the page before. */
export async function listAsked(
  database: Queryable,
  number: string,
  page: { readonly after: string | null; readonly limit: number },
): Promise<readonly AskedQuestion[]> {
  const found = await database.query<AskedQuestion>(
    `SELECT t.trace_id, t.actor AS officer, t.asked_at_ms, t.question, t.persons FROM traces t
     WHERE t.case_number = $1 AND ($2::text IS NULL OR (t.asked_at_ms, t.trace_id) <
       (SELECT a.asked_at_ms, a.trace_id FROM traces a WHERE a.trace_id = $2))
     ORDER BY t.asked_at_ms DESC, t.trace_id DESC LIMIT $3`,
    [number, page.after, page.limit],
  );
  return found.rows;
}
