import type { FastifyReply } from "fastify";
import { assertNever } from "#core/assert.ts";
import { sendJson } from "#server/http/json.ts";
import { sendProblem } from "#server/http/problems.ts";
import { sendReport } from "#server/tracing/answer-format.ts";
import type { ApprovalRequest } from "#server/tracing/approvals.ts";
import { ask } from "#server/tracing/ask.ts";
import type { Asked, Asker } from "#server/tracing/ask.ts";
import type { Desk } from "#server/tracing/desk.ts";
import { QuestionTooLong } from "#server/tracing/find-answer.ts";
import type { Question } from "#server/tracing/question.ts";
import type { ReportFormat } from "#server/tracing/report.ts";
import { requestFields } from "#server/tracing/request-fields.ts";

const ASK_AGAIN_S = 60;

/** Answers in the wanted format, or says with 202 that a second officer is asked, or why there is no answer. */
export async function answerQuestion(
  desk: Desk,
  reply: FastifyReply,
  wanted: {
    readonly asker: Omit<Asker, "isApprovedHere">;
    readonly question: Question;
    readonly format: ReportFormat;
  },
): Promise<FastifyReply> {
  const asked = await askInTime(desk, { ...wanted.asker, isApprovedHere: false }, wanted.question);
  switch (asked.kind) {
    case "answered":
      return sendReport(reply, asked, wanted.format);
    case "needs-approval":
      return sendRequest(desk, reply, asked.request);
    case "too-long":
      return sendProblem(reply, "question-too-long", { retryAfterS: ASK_AGAIN_S });
    case "no-case":
      return sendProblem(reply, "not-found");
    case "case-closed":
      return sendProblem(reply, "case-closed");
    case "outside-case":
      return sendProblem(reply, "outside-case", {
        detail: `${asked.firstDay} to ${asked.lastDay}`,
      });
    default:
      return assertNever(asked);
  }
}

/** 202: it is not done, and somebody was asked. */
export async function sendRequest(
  desk: Desk,
  reply: FastifyReply,
  request: ApprovalRequest,
): Promise<FastifyReply> {
  return sendJson(reply, await requestFields(desk.pool, request), 202);
}

async function askInTime(
  desk: Desk,
  asker: Asker,
  question: Question,
): Promise<Asked | { readonly kind: "too-long" }> {
  try {
    return await ask(desk, asker, question, desk.questionMs);
  } catch (cause) {
    if (cause instanceof QuestionTooLong) return { kind: "too-long" };
    throw cause;
  }
}
