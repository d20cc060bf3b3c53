import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Compile } from "typebox/compile";
import { LooksRequest } from "#contract/tracing.ts";
import { OFFICERS_PATH, officerOf, requireRight } from "#server/access/require-right.ts";
import { may } from "#server/access/rights.ts";
import { readJson, sendInvalid, sendJson } from "#server/http/json.ts";
import { nextOf } from "#server/http/page.ts";
import { sendProblem } from "#server/http/problems.ts";
import { recordsCutoffMs } from "#server/operations/retention-rules.ts";
import { withPage, withinLimits } from "#server/tracing/desk.ts";
import type { Desk } from "#server/tracing/desk.ts";
import { subjectOfDocument } from "#server/tracing/document.ts";
import { findLooks } from "#server/tracing/looks.ts";
import { auditOne, readAudit } from "#server/vault/audit.ts";
import { checkTrail } from "#server/vault/audit-trail.ts";

const AUDIT = `${OFFICERS_PATH}audit`;
const CURSOR = /^[0-9]{1,15}$/;

const looksRequest = Compile(LooksRequest);

type Work = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** Registers what auditors ask. The trail is the whole province's: a narrower scope does not do. */
export function registerAudit(app: FastifyInstance, desk: Desk): void {
  const guarded = (work: Work) => (request: FastifyRequest, reply: FastifyReply) =>
    may(officerOf(request), "audit.read", { kind: "province" })
      ? withinLimits(desk, request, reply, () => work(request, reply))
      : Promise.resolve(sendProblem(reply, "right-missing"));
  app.post(
    `${OFFICERS_PATH}looks`,
    requireRight("audit.read"),
    guarded((request, reply) => listLooks(desk, request, reply)),
  );
  app.get(
    AUDIT,
    requireRight("audit.read"),
    guarded((request, reply) => listAudit(desk, request, reply)),
  );
  app.get(
    `${AUDIT}/verify`,
    requireRight("audit.read"),
    guarded(async (_request, reply) => {
      const publicKey = desk.secrets.answerKey.publicKey;
      const cutBeforeMs = recordsCutoffMs(desk.clock.nowMs());
      return sendJson(reply, await checkTrail(desk.pool, { publicKey, cutBeforeMs }));
    }),
  );
}

async function listLooks(
  desk: Desk,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const body = readJson(looksRequest, request, reply);
  if (body.kind === "refused") return body.reply;
  const subject =
    "subject" in body.value
      ? body.value.subject
      : subjectOfDocument(body.value.document, desk.secrets.subjectKey);
  if (subject === null) return sendProblem(reply, "document-unknown");
  const looks = await findLooks(desk.pool, subject);
  const actor = officerOf(request).officer;
  const at_ms = desk.clock.nowMs();
  await auditOne(desk.pool, { at_ms, actor, action: "looks-listed", subject });
  return sendJson(reply, {
    looks: looks.map(({ kind, atMs, actor: officer, caseNumber, basis }) => ({
      kind,
      at_ms: atMs,
      officer,
      case: caseNumber,
      basis,
    })),
  });
}

function listAudit(
  desk: Desk,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  return withPage(request, reply, async ({ after, limit }) => {
    if (after !== null && !CURSOR.test(after)) return sendInvalid(reply, "after");
    const records = await readAudit(desk.pool, Number(after ?? 0), limit);
    const target = `${records.length} records after ${after ?? 0}`;
    const actor = officerOf(request).officer;
    await auditOne(desk.pool, { at_ms: desk.clock.nowMs(), actor, action: "audit-read", target });
    return sendJson(reply, { records, next: nextOf(records, limit, (one) => String(one.seq)) });
  });
}
