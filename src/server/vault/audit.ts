import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { assert } from "#core/assert.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";

/** One thing that somebody did. Ids and the officer's own words only; what was seen is not repeated here. */
export type AuditRecord = {
  readonly at_ms: number;
  /** `local:` and the operating system's user name. */
  readonly actor: string;
  readonly action:
    | "case-opened"
    | "case-closed"
    | "approval-asked"
    | "approval-granted"
    | "approval-refused"
    | "audit-read"
    | "entries-opened"
    | "entry-opened"
    | "second-officer-approved"
    | "opening-refused"
    | "place-added"
    | "gate-added"
    | "code-issued"
    | "station-revoked"
    | "station-key-asked"
    | "officer-added"
    | "officer-revoked"
    | "role-given"
    | "role-taken"
    | "key-issued"
    | "key-revoked"
    | "place-code-adopted"
    | "places-imported"
    | "place-approved"
    | "place-rejected"
    | "place-changed"
    | "link-proposed"
    | "link-approved"
    | "link-removed"
    | "feedback-read"
    | "feedback-closed"
    | "traced"
    | "trace-refused"
    | "looks-listed"
    | OperationsAction;
  readonly case?: string;
  readonly reason?: string;
  readonly event_id?: string;
  readonly subject?: string | null;
  /** What was acted on: a place, a gate, a station, or how many persons. */
  readonly target?: string;
};

/** What is done to the province and its fleet as a whole. */
type OperationsAction =
  | "station-state-set"
  | "backup-key-made"
  | "backup-made"
  | "restored"
  | "database-distributed"
  | "retention-run"
  | "hold-made"
  | "hold-released"
  | "policy-published"
  | "gate-hours-set"
  | "legacy-imported"
  | "feed-read";

const DOMAIN = "tramqr-audit-v1";
const GENESIS = Buffer.alloc(32);
/** Serialises writers. Any number of our own. */
const AUDIT_LOCK = 7_418_002;
/** Rows checked at once. */
const PAGE = 5_000;

/** Does something and notes it: both or neither. False, and nothing noted, when there was nothing to do. */
export function audited(
  pool: Pool,
  record: AuditRecord,
  work: (client: Queryable) => Promise<boolean>,
): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    const isDone = await work(client);
    if (isDone) await appendAudit(client, [record]);
    return isDone;
  });
}

/** Notes one thing that was done, in a transaction of its own. */
export function auditOne(pool: Pool, record: AuditRecord): Promise<void> {
  return inTransaction(pool, (client) => appendAudit(client, [record]));
}

/** Appends records, each bound to the one before by its hash. Inside the caller's transaction. */
export async function appendAudit(
  client: Queryable,
  records: readonly AuditRecord[],
): Promise<void> {
  if (records.length === 0) return;
  const last = await holdTrail(client);
  let seq = last?.seq ?? 0;
  let prevHash = last?.hash ?? GENESIS;
  const rows = records.map((record) => {
    seq += 1;
    const text = canonicalText(record);
    const row = { seq, text, prevHash, hash: auditHash(seq, text, prevHash) };
    prevHash = row.hash;
    return row;
  });
  await client.query(
    `INSERT INTO audit (audit_seq, record, prev_hash, hash)
     SELECT seq, record::json, prev_hash, hash
     FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::bytea[]) AS new (seq, record, prev_hash, hash)`,
    [
      rows.map((row) => row.seq),
      rows.map((row) => row.text),
      rows.map((row) => row.prevHash),
      rows.map((row) => row.hash),
    ],
  );
}

/** Keeps others from adding to the trail until the transaction ends. Returns its last row; null while there is none. */
export async function holdTrail(
  client: Queryable,
): Promise<{ readonly seq: number; readonly hash: Buffer } | null> {
  await client.query("SELECT pg_advisory_xact_lock($1)", [AUDIT_LOCK]);
  const last = await client.query<{ seq: number; hash: Buffer }>(
    "SELECT audit_seq AS seq, hash FROM audit ORDER BY audit_seq DESC LIMIT 1",
  );
  return last.rows[0] ?? null;
}

/** Where a check of the trail begins, and which hashes rows must have by their number. */
export type TrailWalk = {
  /** The row before the first one; null: the trail begins with row 1. */
  readonly after: { readonly seq: number; readonly hash: Buffer } | null;
  readonly expected: ReadonlyMap<number, Buffer>;
};

/** What a check of the trail found: the first row that is wrong or missing, null when all is sound; and the last row. */
export type WalkedTrail = { readonly firstBroken: number | null; readonly lastSeq: number };

/** Records after a number, oldest first. */
export async function readAudit(
  database: Queryable,
  after: number,
  limit: number,
): Promise<readonly { readonly seq: number; readonly record: object }[]> {
  const found = await database.query<{ seq: number; record: object }>(
    "SELECT audit_seq AS seq, record FROM audit WHERE audit_seq > $1 ORDER BY audit_seq LIMIT $2",
    [after, limit],
  );
  return found.rows;
}

/** The first row that does not continue the one before it, or was changed; null when the whole trail is sound. */
export async function findAuditBreak(database: Queryable): Promise<number | null> {
  const { firstBroken } = await walkTrail(database, { after: null, expected: new Map() });
  return firstBroken;
}

/** Follows the trail from one row to the next, to its end or the first row that is wrong. */
export async function walkTrail(database: Queryable, walk: TrailWalk): Promise<WalkedTrail> {
  let seq = walk.after?.seq ?? 0;
  let prevHash: Buffer = walk.after?.hash ?? GENESIS;
  for (;;) {
    const page = await database.query<{ audit_seq: number; text: string; hash: Buffer }>(
      `SELECT audit_seq, record::text AS text, hash FROM audit
       WHERE audit_seq > $1 ORDER BY audit_seq LIMIT ${PAGE}`,
      [seq],
    );
    for (const row of page.rows) {
      const hash = auditHash(seq + 1, row.text, prevHash);
      const isExpected = walk.expected.get(seq + 1)?.equals(hash) ?? true;
      const isSound = row.audit_seq === seq + 1 && hash.equals(row.hash) && isExpected;
      if (!isSound) return { firstBroken: seq + 1, lastSeq: seq };
      seq += 1;
      prevHash = row.hash;
    }
    if (page.rows.length < PAGE) return { firstBroken: null, lastSeq: seq };
  }
}

function auditHash(seq: number, text: string, prevHash: Buffer): Buffer {
  const lines = [DOMAIN, String(seq), prevHash.toString("hex"), text];
  return createHash("sha256").update(lines.join("\n"), "utf8").digest();
}

function canonicalText(record: AuditRecord): string {
  const text = canonicalize(record);
  assert(text !== undefined, "an audit record is always JSON");
  return text;
}
