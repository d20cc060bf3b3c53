import type { FastifyInstance } from "fastify";
import { createAdmission, createRateLimit } from "#server/http/admission.ts";
import type { ServerLimits, ServerParts } from "#server/http/parts.ts";
import { registerApprovals } from "#server/tracing/approval-endpoints.ts";
import { registerAudit } from "#server/tracing/audit-endpoints.ts";
import { registerCases } from "#server/tracing/case-endpoints.ts";
import type { Desk } from "#server/tracing/desk.ts";
import { registerTraces } from "#server/tracing/trace-endpoints.ts";
import { keptOpener } from "#server/vault/kept-opener.ts";

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
    opener: keptOpener(secrets),
    questions: createRateLimit(limits.questionsPerMinute, clock),
    room: createAdmission(limits.maxQuestions),
    questionMs: limits.questionMs,
  };
  registerCases(app, desk);
  registerTraces(app, desk);
  registerApprovals(app, desk);
  registerAudit(app, desk);
}
