import type { PersonalBody } from "#contract/wire.ts";
import type { AdminParts } from "#server/admin/context.ts";
import { bytesOf } from "#server/tracing/find-visits.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Queryable } from "#server/database/pool.ts";
import { appendAudit } from "#server/vault/audit.ts";
import { MOST_PERSONS_ALONE, createEntryOpener } from "#server/vault/open-entries.ts";
import type { Openable, OpeningGrounds } from "#server/vault/open-entries.ts";

/** A name, or why there is none. */
export type Named =
  | { readonly kind: "opened"; readonly body: PersonalBody }
  | { readonly kind: "no-case" | "not-in-an-answer-of-this-case" | "needs-approval" | "no-body" };

/**
 * Opens the latest entry of one person whom an answer of this case has named. More than 50 persons in one case need a
 * second officer. Refusals are audited as well; the opening is, before its name is returned.
 */
export async function nameOfSubject(
  parts: AdminParts,
  grounds: OpeningGrounds,
  subject: string,
): Promise<Named> {
  const nowMs = parts.clock.nowMs();
  const refused = await inTransaction(parts.pool, (client) =>
    judgeAndAudit(client, grounds, subject, nowMs),
  );
  if (refused !== null) return { kind: refused };
  const entry = await latestEntry(parts.pool, subject);
  if (entry === null) return { kind: "no-body" };
  const opener = createEntryOpener(parts.pool, parts.secrets, grounds);
  const [body] = await opener.open([entry], nowMs);
  return body === undefined || body === null ? { kind: "no-body" } : { kind: "opened", body };
}

type Refusal = Exclude<Named["kind"], "opened">;

async function judgeAndAudit(
  client: Queryable,
  grounds: OpeningGrounds,
  subject: string,
  nowMs: number,
): Promise<Refusal | null> {
  const { caseNumber, actor, reason, isApproved } = grounds;
  const refusal = await judge(client, grounds, subject);
  const record = { at_ms: nowMs, actor, case: caseNumber, reason, subject } as const;
  if (refusal !== null) await appendAudit(client, [{ ...record, action: "opening-refused" }]);
  else if (isApproved)
    await appendAudit(client, [{ ...record, action: "second-officer-approved" }]);
  return refusal;
}

async function judge(
  client: Queryable,
  { caseNumber, isApproved }: OpeningGrounds,
  subject: string,
): Promise<Refusal | null> {
  const found = await client.query<{ is_case: boolean; is_seen: boolean; opened: number }>(
    `SELECT EXISTS (SELECT FROM cases WHERE case_number = $1) AS is_case,
            EXISTS (SELECT FROM trace_persons p JOIN traces t USING (trace_id)
                    WHERE p.subject = $2 AND t.case_number = $1) AS is_seen,
            (SELECT count(DISTINCT record->>'subject') FROM audit
             WHERE record->>'action' = 'entry-opened' AND record->>'case' = $1
               AND record->>'subject' <> $3)::int AS opened`,
    [caseNumber, bytesOf(subject), subject],
  );
  const [row] = found.rows;
  if (row?.is_case !== true) return "no-case";
  if (!row.is_seen) return "not-in-an-answer-of-this-case";
  return row.opened >= MOST_PERSONS_ALONE && !isApproved ? "needs-approval" : null;
}

async function latestEntry(database: Queryable, subject: string): Promise<Openable | null> {
  const found = await database.query<{ event_id: string; sealed_body: Buffer }>(
    `SELECT e.event_id, e.sealed_body FROM event_subjects s
     JOIN events e ON e.local_day = s.local_day AND e.event_id = s.event_id
     WHERE s.subject = $1 AND e.sealed_body IS NOT NULL ORDER BY e.corrected_at_ms DESC LIMIT 1`,
    [bytesOf(subject)],
  );
  const [row] = found.rows;
  return row === undefined ? null : { eventId: row.event_id, subject, sealedBody: row.sealed_body };
}
