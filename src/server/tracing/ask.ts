import type { AdminParts } from "#server/admin/context.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Queryable } from "#server/database/pool.ts";
import { findApproval, keepRequest } from "#server/tracing/approvals.ts";
import type { ApprovalRequest } from "#server/tracing/approvals.ts";
import { QuestionTooLong, findAnswer } from "#server/tracing/find-answer.ts";
import type { FoundAnswer } from "#server/tracing/find-answer.ts";
import { catchUpPairing } from "#server/tracing/pairing.ts";
import { windowOf } from "#server/tracing/period.ts";
import { permitTrace, refusalOfCase } from "#server/tracing/permit.ts";
import type { CaseRefusal } from "#server/tracing/permit.ts";
import { describeQuestion } from "#server/tracing/question.ts";
import type { Question } from "#server/tracing/question.ts";
import type { Report } from "#server/tracing/report.ts";

/** What answers are made from. */
export type AskingParts = Pick<AdminParts, "pool" | "clock" | "random"> & {
  readonly vault: Pick<AdminParts["vault"], "catchUp">;
};

/** Who asks, for which case, and why. */
export type Asker = {
  readonly actor: string;
  readonly caseNumber: string;
  /** For a second officer, should one be needed; the case has its own reason. */
  readonly reason: string;
  /** The local administrator of an embedded server agrees, whatever it is. */
  readonly isApprovedHere: boolean;
};

export type Asked =
  | { readonly kind: "answered"; readonly report: Report; readonly warnings: readonly string[] }
  /** A second officer is asked; the same question again, once that one has agreed, is answered. */
  | { readonly kind: "needs-approval"; readonly request: ApprovalRequest }
  | CaseRefusal;

/** How long one statement of a question may take that has no other limit. */
const STATEMENT_MS = 20_000;

/**
 * Answers a question for a case, with everything that had arrived before it; recorded before anybody sees it. `limitMs` is
 * what catching up may take, and each statement; null: whoever asks waits. Throws {@link QuestionTooLong}, with nothing
 * recorded.
 */
export async function ask(
  parts: AskingParts,
  asker: Asker,
  question: Question,
  limitMs: number | null,
): Promise<Asked> {
  const nowMs = parts.clock.nowMs();
  const window = windowOf({ fromMs: question.from_ms, toMs: question.to_ms });
  // Before the work is done in vain.
  const refusal = await inTransaction(parts.pool, (client) =>
    refusalOfCase(client, asker, window, nowMs),
  );
  if (refusal !== null) return refusal;
  await (limitMs === null ? catchUp(parts) : catchUpWithin(parts, limitMs));
  const limits = { nowMs, limitMs: limitMs ?? STATEMENT_MS };
  const found = await findAnswer(parts.pool, question, limits);
  return inTransaction(parts.pool, (client) =>
    permitAndKeep(client, parts, { asker, question, found }, nowMs),
  );
}

/** Everything that is here is keyed and paired first: an answer never lags behind what the server has. */
export async function catchUp(parts: Pick<AskingParts, "pool" | "clock" | "vault">): Promise<void> {
  await parts.vault.catchUp();
  await catchUpPairing(parts.pool, parts.clock);
}

/** What is begun goes on; whoever asks again finds less to wait for. */
async function catchUpWithin(parts: AskingParts, limitMs: number): Promise<void> {
  const isOver = new AbortController();
  const late = parts.clock.sleep(limitMs, isOver.signal).then(() => true);
  try {
    if (!(await Promise.race([catchUp(parts).then(() => false), late]))) return;
  } finally {
    isOver.abort();
  }
  throw new QuestionTooLong("Entries that just arrived are still worked on: ask again.");
}

type Finding = {
  readonly asker: Asker;
  readonly question: Question;
  readonly found: FoundAnswer;
};

async function permitAndKeep(
  client: Queryable,
  { random }: AskingParts,
  { asker, question, found }: Finding,
  nowMs: number,
): Promise<Asked> {
  const { actor, caseNumber, reason, isApprovedHere } = asker;
  const wanted = { caseNumber, askedBy: actor, asked: question };
  const approval = isApprovedHere
    ? ({ kind: "here" } as const)
    : await findApproval(client, wanted, nowMs);
  const window = windowOf({ fromMs: question.from_ms, toMs: question.to_ms });
  const traceId = Buffer.from(random.bytes(6)).toString("hex");
  const described = {
    ...describeQuestion(question),
    first_day: window.firstDay,
    last_day: window.lastDay,
  };
  const record = { traceId, question: described, window, subjects: found.subjects };
  const permit = await permitTrace(client, { caseNumber, actor, approval }, record, nowMs);
  if (permit.kind === "needs-approval") {
    const { persons, days } = permit;
    const more = { ...wanted, reason, persons, days };
    const request = await keepRequest(client, more, random, nowMs);
    return { kind: "needs-approval", request };
  }
  if (permit.kind !== "granted") return permit;
  const stamp = { caseNumber, officer: actor, askedAtMs: nowMs, traceId };
  const { sections, warnings } = found;
  return { kind: "answered", report: { stamp, sections }, warnings };
}
