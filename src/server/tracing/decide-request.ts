import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";
import { findRequest } from "#server/tracing/approvals.ts";
import type { ApprovalRequest } from "#server/tracing/approvals.ts";
import { holdCase } from "#server/tracing/cases.ts";
import { appendAudit } from "#server/vault/audit.ts";

export type Decision = {
  readonly request: string;
  readonly by: string;
  readonly decision: "granted" | "refused";
  readonly note: string;
};

export type Decided =
  | { readonly kind: "decided"; readonly request: ApprovalRequest }
  | { readonly kind: "unknown" | "own-request" | "decided-before" | "lapsed" | "case-closed" }
  /** A key of another system decides: four eyes are people's. */
  | { readonly kind: "no-person" };

/** The second officer's word, once and for good, and noted. Nobody decides what the same person asked. */
export function decideRequest(pool: Pool, decision: Decision, nowMs: number): Promise<Decided> {
  return inTransaction(pool, async (client): Promise<Decided> => {
    await client.query("SELECT FROM approval_requests WHERE request = $1 FOR UPDATE", [
      decision.request,
    ]);
    const request = await findRequest(client, decision.request, nowMs);
    if (request === null) return { kind: "unknown" };
    if (request.askedBy === decision.by) return { kind: "own-request" };
    if (await isSystem(client, decision.by)) return { kind: "no-person" };
    if (request.decidedBy !== null) return { kind: "decided-before" };
    if (request.state !== "waiting") return { kind: "lapsed" };
    const held = await holdCase(client, request.caseNumber, "share", nowMs);
    if (held.kind !== "open") return { kind: "case-closed" };
    await keepDecision(client, request, decision, nowMs);
    const decided = await findRequest(client, decision.request, nowMs);
    return decided === null ? { kind: "unknown" } : { kind: "decided", request: decided };
  });
}

async function keepDecision(
  client: Queryable,
  { request, caseNumber, askedBy, persons }: ApprovalRequest,
  { by, decision, note }: Decision,
  nowMs: number,
): Promise<void> {
  await client.query(
    `UPDATE approval_requests SET decision = $2, decided_by = $3, decided_at_ms = $4, note = $5
     WHERE request = $1`,
    [request, decision, by, nowMs, note],
  );
  const target = `${request} of ${askedBy}, ${persons} persons`;
  const action = decision === "granted" ? "approval-granted" : "approval-refused";
  await appendAudit(client, [
    { at_ms: nowMs, actor: by, action, case: caseNumber, reason: note, target },
  ]);
}

async function isSystem(client: Queryable, officer: string): Promise<boolean> {
  const found = await client.query("SELECT FROM officers WHERE officer = $1 AND kind = 'system'", [
    officer,
  ]);
  return found.rowCount !== 0;
}
