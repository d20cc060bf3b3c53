import type { Random } from "#core/ports.ts";
import { findOfficer } from "#server/access/officers.ts";
import { may } from "#server/access/rights.ts";
import type { Reach } from "#server/access/rights.ts";
import type { Queryable } from "#server/database/pool.ts";
import { newId } from "#server/stations/ids.ts";
import { questionFromText, questionText, targetOf } from "#server/tracing/question.ts";
import type { Restricted } from "#server/tracing/question.ts";
import { appendAudit } from "#server/vault/audit.ts";
import type { Approval } from "#server/vault/approval.ts";

/** A second officer has this long to decide. */
const DECIDE_WITHIN_MS = 7 * 86_400_000;
/** A grant is used within this, as often as the officer who asked needs. */
const GRANT_LASTS_MS = 86_400_000;

/**
 * `waiting` for a second officer; `granted` and still good; `refused`; `lapsed`: nobody decided in time, the grant is over,
 * or who granted it may no longer do so.
 */
export const approvalStates = ["waiting", "granted", "refused", "lapsed"] as const;
export type ApprovalState = (typeof approvalStates)[number];

/** What somebody may not do alone, and what a second officer said. */
export type ApprovalRequest = {
  readonly request: string;
  readonly caseNumber: string;
  readonly askedBy: string;
  readonly askedAtMs: number;
  readonly asked: Restricted;
  readonly reason: string;
  readonly persons: number;
  readonly days: number | null;
  readonly state: ApprovalState;
  readonly decidedBy: string | null;
  readonly decidedAtMs: number | null;
  readonly note: string | null;
  /** When it lapses by itself; null once it was refused. */
  readonly lapsesAtMs: number | null;
};

export type NewRequest = Pick<
  ApprovalRequest,
  "caseNumber" | "askedBy" | "asked" | "reason" | "persons" | "days"
>;

type Row = {
  readonly request: string;
  readonly case_number: string;
  readonly asked_by: string;
  readonly asked_at_ms: number;
  readonly question: string;
  readonly reason: string;
  readonly persons: number;
  readonly days: number | null;
  readonly decision: "granted" | "refused" | null;
  readonly decided_by: string | null;
  readonly decided_at_ms: number | null;
  readonly note: string | null;
};

const COLUMNS = `r.request, r.case_number, r.asked_by, r.asked_at_ms, r.question, r.reason, r.persons, r.days,
  r.decision, r.decided_by, r.decided_at_ms, r.note`;

/**
 * Keeps a request and notes it; the same again, while it waits, is the one that is there. Inside the caller's transaction.
 */
export async function keepRequest(
  client: Queryable,
  wanted: NewRequest,
  random: Random,
  nowMs: number,
): Promise<ApprovalRequest> {
  const waiting = (await findSame(client, wanted, nowMs)).find((one) => one.state === "waiting");
  if (waiting !== undefined) return waiting;
  const { caseNumber, askedBy, asked, reason, persons, days } = wanted;
  const request = newId("r", random);
  const place = asked.kind === "place" ? asked.place : null;
  const text = questionText(asked);
  await client.query(
    `INSERT INTO approval_requests
       (request, case_number, asked_by, asked_at_ms, question, place, reason, persons, days)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [request, caseNumber, askedBy, nowMs, text, place, reason, persons, days],
  );
  const target = `${request}, ${persons} persons${days === null ? "" : `, ${days} days`}`;
  await appendAudit(client, [
    { at_ms: nowMs, actor: askedBy, action: "approval-asked", case: caseNumber, reason, target },
  ]);
  return {
    ...wanted,
    request,
    askedAtMs: nowMs,
    state: "waiting",
    decidedBy: null,
    decidedAtMs: null,
    note: null,
    lapsesAtMs: nowMs + DECIDE_WITHIN_MS,
  };
}

/** The grant that this officer has at this moment for exactly this, in this case; `none` when there is no such. */
export async function findApproval(
  client: Queryable,
  wanted: Pick<NewRequest, "caseNumber" | "askedBy" | "asked">,
  nowMs: number,
): Promise<Approval> {
  for (const { state, request, decidedBy, persons } of await findSame(client, wanted, nowMs)) {
    if (state === "granted" && decidedBy !== null) {
      return { kind: "granted", request, by: decidedBy, persons };
    }
  }
  return { kind: "none" };
}

/** Null when there is no such request. */
export async function findRequest(
  database: Queryable,
  request: string,
  nowMs: number,
): Promise<ApprovalRequest | null> {
  const found = await database.query<Row>(
    `SELECT ${COLUMNS} FROM approval_requests r WHERE r.request = $1`,
    [request],
  );
  const [row] = found.rows;
  return row === undefined ? null : requestFromRow(database, row, nowMs);
}

/** Which requests, newest first. */
export type RequestPage = {
  readonly askedBy: string | null;
  readonly caseNumber: string | null;
  readonly after: string | null;
  readonly limit: number;
};

export async function listRequests(
  database: Queryable,
  { askedBy, caseNumber, after, limit }: RequestPage,
  nowMs: number,
): Promise<readonly ApprovalRequest[]> {
  const found = await database.query<Row>(
    `SELECT ${COLUMNS} FROM approval_requests r
     WHERE ($1::text IS NULL OR r.asked_by = $1) AND ($2::text IS NULL OR r.case_number = $2)
       AND ($3::text IS NULL OR r.request_no < (SELECT request_no FROM approval_requests WHERE request = $3))
     ORDER BY r.request_no DESC LIMIT $4`,
    [askedBy, caseNumber, after, limit],
  );
  return requestsFromRows(database, found.rows, nowMs);
}

/** What waits for this officer's decision: within the reach, not asked by the officer, of open cases; oldest first. */
export async function listWaiting(
  database: Queryable,
  query: {
    readonly officer: string;
    readonly reach: Reach;
    readonly after: string | null;
    readonly limit: number;
  },
  nowMs: number,
): Promise<readonly ApprovalRequest[]> {
  const { officer, reach, after, limit } = query;
  const isEverywhere = reach.kind === "everywhere";
  const found = await database.query<Row>(
    `SELECT ${COLUMNS} FROM approval_requests r JOIN cases c USING (case_number) LEFT JOIN places p USING (place)
     WHERE r.decision IS NULL AND c.closed_at_ms IS NULL AND r.asked_by <> $1 AND r.asked_at_ms > $2
       AND ($3 OR p.commune = ANY ($4) OR p.place = ANY ($5))
       AND ($6::text IS NULL OR r.request_no > (SELECT request_no FROM approval_requests WHERE request = $6))
     ORDER BY r.request_no LIMIT $7`,
    [
      officer,
      nowMs - DECIDE_WITHIN_MS,
      isEverywhere,
      isEverywhere ? [] : reach.communes,
      isEverywhere ? [] : reach.places,
      after,
      limit,
    ],
  );
  return requestsFromRows(database, found.rows, nowMs);
}

async function findSame(
  client: Queryable,
  { caseNumber, askedBy, asked }: Pick<NewRequest, "caseNumber" | "askedBy" | "asked">,
  nowMs: number,
): Promise<readonly ApprovalRequest[]> {
  const found = await client.query<Row>(
    `SELECT ${COLUMNS} FROM approval_requests r
     WHERE r.case_number = $1 AND r.asked_by = $2 AND r.question = $3 AND r.asked_at_ms > $4
     ORDER BY r.request_no DESC`,
    [caseNumber, askedBy, questionText(asked), nowMs - DECIDE_WITHIN_MS - GRANT_LASTS_MS],
  );
  return requestsFromRows(client, found.rows, nowMs);
}

async function requestsFromRows(
  database: Queryable,
  rows: readonly Row[],
  nowMs: number,
): Promise<readonly ApprovalRequest[]> {
  const requests: ApprovalRequest[] = [];
  for (const row of rows) requests.push(await requestFromRow(database, row, nowMs));
  return requests;
}

async function requestFromRow(
  database: Queryable,
  row: Row,
  nowMs: number,
): Promise<ApprovalRequest> {
  const asked = questionFromText(row.question);
  const lapsesAtMs = lapseOf(row);
  return {
    request: row.request,
    caseNumber: row.case_number,
    askedBy: row.asked_by,
    askedAtMs: row.asked_at_ms,
    asked,
    reason: row.reason,
    persons: row.persons,
    days: row.days,
    state: await stateOf(database, { ...row, asked, lapsesAtMs }, nowMs),
    decidedBy: row.decided_by,
    decidedAtMs: row.decided_at_ms,
    note: row.note,
    lapsesAtMs,
  };
}

function lapseOf({ decision, asked_at_ms, decided_at_ms }: Row): number | null {
  if (decision === "refused") return null;
  return decision === "granted"
    ? (decided_at_ms ?? 0) + GRANT_LASTS_MS
    : asked_at_ms + DECIDE_WITHIN_MS;
}

async function stateOf(
  database: Queryable,
  row: Row & { readonly asked: Restricted; readonly lapsesAtMs: number | null },
  nowMs: number,
): Promise<ApprovalState> {
  if (row.decision === "refused") return "refused";
  if (row.lapsesAtMs === null || nowMs >= row.lapsesAtMs) return "lapsed";
  if (row.decision === null) return "waiting";
  return (await mayStillApprove(database, row.decided_by, row.asked)) ? "granted" : "lapsed";
}

/** A grant is worth as much as who gave it: officers who left or lost the right take theirs with them. */
async function mayStillApprove(
  database: Queryable,
  approver: string | null,
  asked: Restricted,
): Promise<boolean> {
  if (approver === null) return false;
  // Administrators of the machine are known to its operating system, not here.
  if (approver.startsWith("local:")) return true;
  const officer = await findOfficer(database, approver);
  return officer !== null && may(officer, "trace.approve", await targetOf(database, asked));
}
