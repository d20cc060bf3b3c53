import type { Queryable } from "#server/database/pool.ts";
import { walkTrail } from "#server/vault/audit.ts";
import { isHeadSigned, listAuditHeads } from "#server/vault/audit-heads.ts";
import type { SignedHead } from "#server/vault/audit-heads.ts";

/** Whether the trail of who did what is whole, and how far that is proved. */
export type TrailReport = {
  readonly sound: boolean;
  /** The first row that is wrong or missing. */
  readonly first_broken: number | null;
  readonly why: TrailFault | null;
  readonly first_row: number;
  readonly last_row: number;
  /** Signed heads that fit, and when the newest was made: what came after it is bound by hashes alone. */
  readonly heads: number;
  readonly newest_head_at: string | null;
};

/**
 * `row-changed`: a row does not continue the one before it, or is not the one that a head signed. `rows-missing`: a head
 * signed more rows than there are. `beginning-missing`: the trail begins later than retention allows. `head-unsigned`: a
 * head bears no signature of the province. `head-missing`: a head names another one before it.
 */
export type TrailFault =
  "row-changed" | "rows-missing" | "beginning-missing" | "head-unsigned" | "head-missing";

export type TrailCheck = {
  /** The province's answer key, raw. */
  readonly publicKey: Uint8Array;
  /** A trail may begin at a head that was signed before this, UTC milliseconds. */
  readonly cutBeforeMs: number;
  /** Heads that were kept elsewhere. */
  readonly kept?: readonly SignedHead[];
};

/** Follows the whole trail and holds it against every signed head, those kept elsewhere included. */
export async function checkTrail(database: Queryable, check: TrailCheck): Promise<TrailReport> {
  const stored = await listAuditHeads(database);
  const heads = stored.filter((head) => head !== null);
  const firstRow = await firstRowOf(database);
  const kept = check.kept ?? [];
  const all = [...heads, ...kept];
  const facts = { firstRow, heads: all, isStoredWhole: heads.length === stored.length };
  const early = headFault(heads, kept, check, facts.isStoredWhole);
  if (early !== null) return reportOf(facts, { fault: early, broken: null, lastRow: 0 });
  const start = startOf(heads, firstRow, check.cutBeforeMs);
  if (start === "missing") {
    return reportOf(facts, { fault: "beginning-missing", broken: 1, lastRow: 0 });
  }
  const { firstBroken, lastSeq } = await walkTrail(database, {
    after: start,
    expected: new Map(
      all.map(({ head }) => [head.audit_seq, Buffer.from(head.hash, "hex")] as const),
    ),
  });
  if (firstBroken !== null) {
    return reportOf(facts, { fault: "row-changed", broken: firstBroken, lastRow: lastSeq });
  }
  const isShort = all.some(({ head }) => head.audit_seq > lastSeq);
  return reportOf(facts, {
    fault: isShort ? "rows-missing" : null,
    broken: isShort ? lastSeq + 1 : null,
    lastRow: lastSeq,
  });
}

/** Takes the trail's beginning away, up to the newest head that was signed before `beforeMs`. Returns how many rows went. */
export async function cutTrail(client: Queryable, beforeMs: number): Promise<number> {
  const found = await client.query<{ head_id: number; audit_seq: number }>(
    `SELECT head_id, audit_seq FROM audit_heads
     WHERE made_at_ms < $1 AND EXISTS (SELECT FROM audit a WHERE a.audit_seq > audit_heads.audit_seq)
     ORDER BY head_id DESC LIMIT 1`,
    [beforeMs],
  );
  const [head] = found.rows;
  if (head === undefined) return 0;
  const gone = await client.query("DELETE FROM audit WHERE audit_seq <= $1", [head.audit_seq]);
  await client.query("DELETE FROM audit_heads WHERE head_id < $1", [head.head_id]);
  return gone.rowCount ?? 0;
}

async function firstRowOf(database: Queryable): Promise<number> {
  const found = await database.query<{ first: number | null }>(
    "SELECT min(audit_seq) AS first FROM audit",
  );
  return found.rows[0]?.first ?? 1;
}

/** What is wrong with the heads themselves. */
function headFault(
  heads: readonly SignedHead[],
  kept: readonly SignedHead[],
  { publicKey }: TrailCheck,
  isStoredWhole: boolean,
): TrailFault | null {
  const isSigned = [...heads, ...kept].every((head) => isHeadSigned(head, publicKey));
  if (!isSigned || !isStoredWhole) return "head-unsigned";
  const isLinked = heads.every(
    ({ head }, index) => index === 0 || head.previous_seq === heads[index - 1]?.head.audit_seq,
  );
  return isLinked ? null : "head-missing";
}

/** The row before the first one, as a head signed it; null for a trail that begins with row 1. */
function startOf(heads: readonly SignedHead[], firstRow: number, cutBeforeMs: number) {
  if (firstRow === 1) return null;
  const cut = heads.find(({ head }) => head.audit_seq === firstRow - 1);
  // Who has no key cannot make an old head; who has only a young one cannot say that its rows were due.
  if (cut === undefined || Date.parse(cut.head.at) >= cutBeforeMs) return "missing";
  return { seq: cut.head.audit_seq, hash: Buffer.from(cut.head.hash, "hex") };
}

type Facts = { readonly firstRow: number; readonly heads: readonly SignedHead[] };
type Finding = {
  readonly fault: TrailFault | null;
  readonly broken: number | null;
  readonly lastRow: number;
};

function reportOf({ firstRow, heads }: Facts, { fault, broken, lastRow }: Finding): TrailReport {
  const newest = heads
    .map(({ head }) => head.at)
    .toSorted()
    .at(-1);
  return {
    sound: fault === null,
    first_broken: broken,
    why: fault,
    first_row: firstRow,
    last_row: lastRow,
    heads: heads.length,
    newest_head_at: newest ?? null,
  };
}
