import type { PersonalBody } from "#contract/wire.ts";
import type { BodyOpener } from "#sealing/sealed-body.ts";
import type { AdminParts } from "#server/admin/context.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Queryable } from "#server/database/pool.ts";
import { findApproval, keepRequest } from "#server/tracing/approvals.ts";
import type { ApprovalRequest } from "#server/tracing/approvals.ts";
import { holdCase } from "#server/tracing/cases.ts";
import { bytesOf } from "#server/tracing/find-visits.ts";
import { MOST_PERSONS_ALONE, approvalRecords } from "#server/vault/approval.ts";
import type { Approval } from "#server/vault/approval.ts";
import { appendAudit } from "#server/vault/audit.ts";
import { openOne } from "#server/vault/open-entries.ts";
import type { Openable, OpeningGrounds } from "#server/vault/open-entries.ts";

/** Whose name: a person's latest entry, or one event. */
export type Wanted =
  | { readonly kind: "subject"; readonly subject: string }
  | { readonly kind: "event"; readonly eventId: string };

/** A name, or why there is none. */
export type Named =
  | {
      readonly kind: "opened";
      readonly subject: string;
      readonly eventId: string;
      readonly body: PersonalBody;
    }
  | { readonly kind: "needs-approval"; readonly request: ApprovalRequest }
  | { readonly kind: Refusal };

type Refusal = "no-case" | "case-closed" | "not-in-an-answer-of-this-case" | "no-body";

export type NamingGrounds = OpeningGrounds & {
  /** Only persons whom an answer to this very officer has named. */
  readonly isOwnAnswersOnly: boolean;
};

/**
 * Opens one entry of one person whom an answer of this case has named. Beyond 50 persons of a case each further fifty need
 * a second officer, who is asked. Everything is audited; the opening is, before its name is returned.
 */
export async function nameOne(
  parts: Pick<AdminParts, "pool" | "clock" | "random"> & { readonly opener: BodyOpener },
  grounds: NamingGrounds,
  wanted: Wanted,
): Promise<Named> {
  const nowMs = parts.clock.nowMs();
  return inTransaction(parts.pool, async (client): Promise<Named> => {
    const entry = await findEntry(client, wanted);
    const subject = entry?.subject ?? (wanted.kind === "subject" ? wanted.subject : null);
    const held = await holdCase(client, grounds.caseNumber, "alone", nowMs);
    const refusal = held.kind === "open" ? await refusalOf(client, grounds, subject) : held.kind;
    if (refusal !== null || subject === null) {
      const kind = refusal ?? "not-in-an-answer-of-this-case";
      return refuse(client, grounds, { kind, subject }, nowMs);
    }
    const leave = await leaveToOpen(client, parts, { grounds, subject }, nowMs);
    if (leave.kind === "needs-approval") return leave;
    const body = entry === null ? null : openOne(parts.opener, entry);
    if (entry === null || body === null) {
      return refuse(client, grounds, { kind: "no-body", subject }, nowMs);
    }
    await noteOpening(client, grounds, { entry, approval: leave.approval }, nowMs);
    return { kind: "opened", subject, eventId: entry.eventId, body };
  });
}

async function refuse(
  client: Queryable,
  { caseNumber, actor, reason }: NamingGrounds,
  { kind, subject }: { readonly kind: Refusal; readonly subject: string | null },
  nowMs: number,
): Promise<Named> {
  const record = { at_ms: nowMs, actor, case: caseNumber, reason, subject } as const;
  await appendAudit(client, [{ ...record, action: "opening-refused", target: kind }]);
  return { kind };
}

async function refusalOf(
  client: Queryable,
  { caseNumber, actor, isOwnAnswersOnly }: NamingGrounds,
  subject: string | null,
): Promise<Refusal | null> {
  const found = await client.query(
    `SELECT FROM trace_persons p JOIN traces t USING (trace_id)
     WHERE p.subject = $2 AND t.case_number = $1 AND ($3::text IS NULL OR t.actor = $3) LIMIT 1`,
    [caseNumber, bytesOf(subject ?? ""), isOwnAnswersOnly ? actor : null],
  );
  return found.rowCount === 0 ? "not-in-an-answer-of-this-case" : null;
}

type Leave =
  | { readonly kind: "granted"; readonly approval: Approval }
  | { readonly kind: "needs-approval"; readonly request: ApprovalRequest };

/** Who was opened before in this case is not one more. */
async function leaveToOpen(
  client: Queryable,
  { random }: Pick<AdminParts, "random">,
  { grounds, subject }: { readonly grounds: NamingGrounds; readonly subject: string },
  nowMs: number,
): Promise<Leave> {
  const { caseNumber, actor, reason } = grounds;
  const { others, isAgain } = await countOpened(client, caseNumber, subject);
  if (grounds.approval.kind !== "none") return { kind: "granted", approval: grounds.approval };
  if (isAgain || others < MOST_PERSONS_ALONE) {
    return { kind: "granted", approval: { kind: "none" } };
  }
  const upTo = (Math.floor(others / MOST_PERSONS_ALONE) + 1) * MOST_PERSONS_ALONE;
  const asked = { kind: "openings", up_to: upTo } as const;
  const wanted = { caseNumber, askedBy: actor, asked };
  const approval = await findApproval(client, wanted, nowMs);
  if (approval.kind !== "none") return { kind: "granted", approval };
  const more = { ...wanted, reason, persons: upTo, days: null };
  return { kind: "needs-approval", request: await keepRequest(client, more, random, nowMs) };
}

async function countOpened(
  client: Queryable,
  caseNumber: string,
  subject: string,
): Promise<{ readonly others: number; readonly isAgain: boolean }> {
  const found = await client.query<{ others: number; is_again: boolean | null }>(
    `SELECT count(DISTINCT record->>'subject') FILTER (WHERE record->>'subject' <> $2)::int AS others,
            bool_or(record->>'subject' = $2) AS is_again
     FROM audit WHERE record->>'action' = 'entry-opened' AND record->>'case' = $1`,
    [caseNumber, subject],
  );
  const [row] = found.rows;
  return { others: row?.others ?? 0, isAgain: row?.is_again === true };
}

async function noteOpening(
  client: Queryable,
  { caseNumber, actor, reason }: NamingGrounds,
  { entry, approval }: { readonly entry: NamedEntry; readonly approval: Approval },
  nowMs: number,
): Promise<void> {
  const { subject, eventId } = entry;
  const record = { at_ms: nowMs, actor, case: caseNumber, reason, subject } as const;
  await appendAudit(client, [
    ...approvalRecords(approval, { ...record, target: eventId }),
    { ...record, action: "entry-opened", event_id: eventId },
  ]);
}

type NamedEntry = Openable & { readonly subject: string };

type EntryRow = {
  readonly event_id: string;
  readonly subject: string;
  readonly sealed_body: Buffer;
};

const ENTRIES = `SELECT e.event_id, encode(s.subject, 'hex') AS subject, e.sealed_body
  FROM event_subjects s JOIN events e ON e.local_day = s.local_day AND e.event_id = s.event_id
  WHERE s.subject IS NOT NULL AND e.sealed_body IS NOT NULL`;

/** The latest entry of a person that has a body, or the event that is named; null when there is none. */
async function findEntry(database: Queryable, wanted: Wanted): Promise<NamedEntry | null> {
  const [row] =
    wanted.kind === "subject"
      ? await latestOf(database, wanted.subject)
      : await eventOf(database, wanted.eventId);
  if (row === undefined) return null;
  return { eventId: row.event_id, subject: row.subject, sealedBody: row.sealed_body };
}

async function latestOf(database: Queryable, subject: string): Promise<readonly EntryRow[]> {
  const found = await database.query<EntryRow>(
    `${ENTRIES} AND s.subject = $1 ORDER BY e.corrected_at_ms DESC LIMIT 1`,
    [bytesOf(subject)],
  );
  return found.rows;
}

/** In two steps: on a cluster keys are not where their events are. */
async function eventOf(database: Queryable, eventId: string): Promise<readonly EntryRow[]> {
  const key = await database.query<{ local_day: string }>(
    "SELECT local_day FROM event_keys WHERE event_id = $1",
    [eventId],
  );
  const days = key.rows.map((row) => row.local_day);
  const found = await database.query<EntryRow>(
    `${ENTRIES} AND s.event_id = $1 AND s.local_day = ANY($2::date[])`,
    [eventId, days],
  );
  return found.rows;
}
