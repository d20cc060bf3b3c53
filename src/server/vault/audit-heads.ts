import canonicalize from "canonicalize";
import { Type } from "typebox";
import type { Static } from "typebox";
import { Compile } from "typebox/compile";
import { assert } from "#core/assert.ts";
import { isoTime, localDay } from "#core/dates.ts";
import { fromBase64url, toBase64url } from "#sealing/keys.ts";
import type { KeyPair } from "#sealing/keys.ts";
import { isSignatureValid, signMessage } from "#sealing/signature.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";
import { holdTrail } from "#server/vault/audit.ts";

/**
 * How far the audit trail had come at one moment. Whoever keeps it elsewhere can tell later whether anything before it
 * was changed or taken away (docs/formats/audit-head.md).
 */
export const AuditHead = Type.Object({
  format: Type.Literal("tramqr-audit-head-1"),
  at: Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}T[0-9:.]+Z$" }),
  local_day: Type.String(),
  /** The last row of the trail, and its hash in hex. */
  audit_seq: Type.Integer({ minimum: 1 }),
  hash: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  /** The row that the head before this one had ended with; 0: this is the first head. */
  previous_seq: Type.Integer({ minimum: 0 }),
  /** The province's Ed25519 answer key, raw, base64url. */
  key: Type.String(),
});
export type AuditHead = Static<typeof AuditHead>;

/** A head and the province's Ed25519 signature (base64url) over its canonical JSON. */
export type SignedHead = { readonly head: AuditHead; readonly signature: string };

/** When a head is made: once a local day, or whenever something was added since the last one. */
export type HeadOccasion = "daily" | "when-changed";

const DOMAIN = "tramqr-audit-head-v1\n";
const auditHead = Compile(AuditHead);

/** Signs the trail as it is now; null when the occasion asks for none, or there is no trail yet. Safe from several servers. */
export function signAuditHead(
  pool: Pool,
  answerKey: KeyPair,
  { nowMs, occasion }: { readonly nowMs: number; readonly occasion: HeadOccasion },
): Promise<SignedHead | null> {
  return inTransaction(pool, async (client) => {
    const last = await holdTrail(client);
    if (last === null) return null;
    const newest = await readNewest(client);
    const isDone =
      occasion === "daily" ? newest?.local_day === localDay(nowMs) : newest?.audit_seq === last.seq;
    if (isDone) return null;
    const head: AuditHead = {
      format: "tramqr-audit-head-1",
      at: isoTime(nowMs),
      local_day: localDay(nowMs),
      audit_seq: last.seq,
      hash: last.hash.toString("hex"),
      previous_seq: newest?.audit_seq ?? 0,
      key: toBase64url(answerKey.publicKey),
    };
    return insertHead(client, head, answerKey, nowMs);
  });
}

/** All heads of the database as they were signed, oldest first; what is no head is null. Signatures are not checked. */
export async function listAuditHeads(database: Queryable): Promise<readonly (SignedHead | null)[]> {
  const found = await database.query<{ head: string; signature: Buffer }>(
    "SELECT head, signature FROM audit_heads ORDER BY head_id",
  );
  return found.rows.map(({ head, signature }) => {
    const value = parseJson(head);
    return auditHead.Check(value) ? { head: value, signature: toBase64url(signature) } : null;
  });
}

/** A head as `audit head` printed it; null for anything else. */
export function parseSignedHead(line: string): SignedHead | null {
  const value = parseJson(line);
  if (typeof value !== "object" || value === null) return null;
  const { head, signature } = value as Partial<Record<string, unknown>>;
  return auditHead.Check(head) && typeof signature === "string" ? { head, signature } : null;
}

/** Whether the province has signed this very head. */
export function isHeadSigned({ head, signature }: SignedHead, publicKey: Uint8Array): boolean {
  return isSignatureValid(messageOf(head), fromBase64url(signature), publicKey);
}

async function readNewest(
  client: Queryable,
): Promise<{ readonly audit_seq: number; readonly local_day: string } | null> {
  const found = await client.query<{ audit_seq: number; local_day: string }>(
    "SELECT audit_seq, local_day FROM audit_heads ORDER BY head_id DESC LIMIT 1",
  );
  return found.rows[0] ?? null;
}

async function insertHead(
  client: Queryable,
  head: AuditHead,
  answerKey: KeyPair,
  nowMs: number,
): Promise<SignedHead> {
  const signature = signMessage(messageOf(head), answerKey.privateKey);
  await client.query(
    `INSERT INTO audit_heads (audit_seq, local_day, made_at_ms, head, signature)
     VALUES ($1, $2, $3, $4, $5)`,
    [head.audit_seq, head.local_day, nowMs, canonicalText(head), Buffer.from(signature)],
  );
  return { head, signature: toBase64url(signature) };
}

function messageOf(head: AuditHead): Buffer {
  return Buffer.from(`${DOMAIN}${canonicalText(head)}`, "utf8");
}

function canonicalText(head: AuditHead): string {
  const text = canonicalize(head);
  assert(text !== undefined, "a head is always JSON");
  return text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
