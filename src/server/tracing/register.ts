import type { FastifyInstance } from "fastify";
import { createBodyOpener } from "#sealing/sealed-body.ts";
import type { BodyOpener } from "#sealing/sealed-body.ts";
import { createAdmission, createRateLimit } from "#server/http/admission.ts";
import type { ServerLimits, ServerParts } from "#server/http/parts.ts";
import { registerApprovals } from "#server/tracing/approval-endpoints.ts";
import { registerAudit } from "#server/tracing/audit-endpoints.ts";
import { registerCases } from "#server/tracing/case-endpoints.ts";
import type { Desk } from "#server/tracing/desk.ts";
import { registerTraces } from "#server/tracing/trace-endpoints.ts";
import type { ProvinceSecrets } from "#server/vault/province-keys.ts";

const MAX_CONTEXTS = 1_000;

/** Registers what officers ask about persons: cases, questions, approvals, names, and who looked. */
export function registerTracing(
  app: FastifyInstance,
  parts: ServerParts,
  limits: ServerLimits,
): void {
  const { pool, secrets, clock, random, vault = { catchUp: () => Promise.resolve() } } = parts;
  const desk: Desk = {
    pool,
    secrets,
    clock,
    random,
    vault,
    opener: openerOf(secrets),
    questions: createRateLimit(limits.questionsPerMinute, clock),
    room: createAdmission(limits.maxQuestions),
    questionMs: limits.questionMs,
  };
  registerCases(app, desk);
  registerTraces(app, desk);
  registerApprovals(app, desk);
  registerAudit(app, desk);
}

/** Made when the first name is opened, and kept: to make one takes longer than to open one. */
function openerOf({ openingKey }: ProvinceSecrets): () => BodyOpener {
  let made: BodyOpener | null = null;
  return () => (made ??= createBodyOpener(openingKey, MAX_CONTEXTS));
}
