import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";
import { holdPairing, markForPairing } from "#server/tracing/pairing-work.ts";
import { appendAudit } from "#server/vault/audit.ts";
import type { AuditRecord } from "#server/vault/audit.ts";

/**
 * One person's documents. Numbers of CCCD and BHYT are equal since 2025 and need no link; older ones are joined here: the
 * events of `subject` then count as those of `sameAs`. Links have one level: what others are joined to is not joined.
 */
export type LinkRequest = {
  readonly subject: Buffer;
  readonly sameAs: Buffer;
  readonly reason: string;
  readonly by: string;
  /** A second officer agreed already; in an embedded server its local administrator may say so. */
  readonly isApproved: boolean;
};

export type LinkOutcome =
  | { readonly kind: "proposed" }
  | { readonly kind: "joined"; readonly events: number }
  | {
      readonly kind: "refused";
      readonly reason:
        | "same-subject"
        | "proposed-already"
        | "linked-already"
        | "others-joined-to-it"
        | "not-proposed"
        | "same-officer";
    };

/** One line of `link list`. */
export type ListedLink = {
  readonly subject: string;
  readonly same_as: string;
  readonly basis: string;
  readonly reason: string | null;
  readonly made_by: string | null;
  readonly made_at_ms: number;
  readonly approved_by: string | null;
};

/** Keying shares this lock and making links does not: no event is keyed beside a link that is being made. */
const LINK_LOCK = 7_418_031;
const MOST_LISTED = 10_000;

/** Before events are keyed, until the end of the transaction. */
export async function shareLinks(client: Queryable): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock_shared($1)", [LINK_LOCK]);
}

/** Before links change, until the end of the transaction. */
async function holdLinks(client: Queryable): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock($1)", [LINK_LOCK]);
}

/** Joins a new personal code to the document of its holder. It has no events yet. Inside the caller's transaction. */
export async function joinCode(
  client: Queryable,
  {
    code,
    document,
    nowMs,
  }: { readonly code: Buffer; readonly document: Buffer; readonly nowMs: number },
): Promise<void> {
  await holdLinks(client);
  await client.query(
    `INSERT INTO document_links (subject, same_as, basis, made_at_ms, approved_at_ms)
     SELECT $1, coalesce((SELECT same_as FROM document_links WHERE subject = $2 AND approved_at_ms IS NOT NULL), $2),
            'personal-code', $3, $3
     ON CONFLICT DO NOTHING`,
    [code, document, nowMs],
  );
}

/** An officer's claim that two documents are one person's. It counts once another officer has approved it. */
export function proposeLink(pool: Pool, request: LinkRequest, nowMs: number): Promise<LinkOutcome> {
  return inTransaction(pool, async (client) => {
    await holdLinks(client);
    const refusal = await refusalOf(client, request);
    if (refusal !== null) return { kind: "refused", reason: refusal };
    const { subject, sameAs, reason, by } = request;
    await client.query(
      `INSERT INTO document_links (subject, same_as, basis, reason, made_by, made_at_ms)
       VALUES ($1, $2, 'officers', $3, $4, $5)`,
      [subject, sameAs, reason, by, nowMs],
    );
    await appendAudit(client, [record("link-proposed", subject, by, nowMs, reason)]);
    if (!request.isApproved) return { kind: "proposed" };
    return approve(client, subject, by, nowMs);
  });
}

/** The second officer's word. All stored events of the subject move to the other one. */
export function approveLink(
  pool: Pool,
  subject: Buffer,
  by: string,
  nowMs: number,
): Promise<LinkOutcome> {
  return inTransaction(pool, async (client) => {
    await holdLinks(client);
    const found = await client.query<{ made_by: string }>(
      "SELECT made_by FROM document_links WHERE subject = $1 AND approved_at_ms IS NULL",
      [subject],
    );
    const proposer = found.rows[0]?.made_by;
    if (proposer === undefined) return { kind: "refused", reason: "not-proposed" };
    if (proposer === by) return { kind: "refused", reason: "same-officer" };
    return approve(client, subject, by, nowMs);
  });
}

/** Undoes a link of officers: every event is again what its own document says. False when there is none. */
export function removeLink(
  pool: Pool,
  subject: Buffer,
  { by, reason }: { readonly by: string; readonly reason: string },
  nowMs: number,
): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    await holdLinks(client);
    const removed = await client.query<{ same_as: Buffer }>(
      "DELETE FROM document_links WHERE subject = $1 AND basis = 'officers' RETURNING same_as",
      [subject],
    );
    if (removed.rowCount === 0) return false;
    const root = removed.rows[0]?.same_as ?? subject;
    await client.query(
      "UPDATE event_subjects SET subject = keyed_as, keyed_as = NULL WHERE subject = $2 AND keyed_as = $1",
      [subject, root],
    );
    await pairAgain(client, [subject, root]);
    await appendAudit(client, [record("link-removed", subject, by, nowMs, reason)]);
    return true;
  });
}

/** Officers' links, newest first, and how many there are of personal codes. */
export async function listLinks(database: Queryable): Promise<readonly ListedLink[]> {
  const found = await database.query<ListedLink>(
    `SELECT encode(subject, 'hex') AS subject, encode(same_as, 'hex') AS same_as, basis, reason, made_by, made_at_ms, approved_by
     FROM document_links WHERE basis = 'officers' ORDER BY made_at_ms DESC LIMIT ${MOST_LISTED}`,
  );
  return found.rows;
}

async function refusalOf(client: Queryable, { subject, sameAs }: LinkRequest) {
  if (subject.equals(sameAs)) return "same-subject";
  const found = await client.query<{
    is_waiting: boolean;
    is_linked: boolean;
    is_target: boolean;
  }>(
    `SELECT EXISTS (SELECT FROM document_links WHERE subject = $1 AND same_as = $2 AND approved_at_ms IS NULL) AS is_waiting,
            EXISTS (SELECT FROM document_links WHERE subject IN ($1, $2)) AS is_linked,
            EXISTS (SELECT FROM document_links WHERE same_as = $1) AS is_target`,
    [subject, sameAs],
  );
  if (found.rows[0]?.is_waiting === true) return "proposed-already";
  if (found.rows[0]?.is_linked === true) return "linked-already";
  return found.rows[0]?.is_target === true ? "others-joined-to-it" : null;
}

async function approve(
  client: Queryable,
  subject: Buffer,
  by: string,
  nowMs: number,
): Promise<LinkOutcome> {
  const joined = await client.query<{ same_as: Buffer }>(
    "UPDATE document_links SET approved_by = $2, approved_at_ms = $3 WHERE subject = $1 RETURNING same_as",
    [subject, by, nowMs],
  );
  const sameAs = joined.rows[0]?.same_as ?? subject;
  const moved = await client.query(
    "UPDATE event_subjects SET subject = $2, keyed_as = subject WHERE subject = $1",
    [subject, sameAs],
  );
  await pairAgain(client, [subject, sameAs]);
  await appendAudit(client, [record("link-approved", subject, by, nowMs)]);
  return { kind: "joined", events: moved.rowCount ?? 0 };
}

/** All visits of these persons are worked out anew; nobody pairs them meanwhile from what they were. */
async function pairAgain(client: Queryable, subjects: readonly Buffer[]): Promise<void> {
  await holdPairing(client);
  await client.query("DELETE FROM visits WHERE subject = ANY($1)", [subjects]);
  const events = await client.query<{ event_id: string }>(
    "SELECT event_id FROM event_subjects WHERE subject = ANY($1)",
    [subjects],
  );
  await markForPairing(
    client,
    events.rows.map((event) => event.event_id),
  );
}

function record(
  action: "link-proposed" | "link-approved" | "link-removed",
  subject: Buffer,
  actor: string,
  nowMs: number,
  reason?: string,
): AuditRecord {
  const words = reason === undefined ? {} : { reason };
  return { at_ms: nowMs, actor, action, subject: subject.toString("hex"), ...words };
}
