import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { NoteRequest } from "#contract/officers.ts";
import type { BodyOpener } from "#sealing/sealed-body.ts";
import { OFFICERS_PATH, officerOf, requireRight } from "#server/access/require-right.ts";
import { may, reachOf } from "#server/access/rights.ts";
import { closeFeedback, isTicket, listFeedback } from "#server/citizens/feedback.ts";
import type { FeedbackRow } from "#server/citizens/feedback.ts";
import { readMessage } from "#server/citizens/opened.ts";
import { readJson, sendInvalid, sendJson } from "#server/http/json.ts";
import { nextOf, pageOf } from "#server/http/page.ts";
import type { ServerParts } from "#server/http/parts.ts";
import { sendProblem } from "#server/http/problems.ts";
import { auditOne, audited } from "#server/vault/audit.ts";
import { keptOpener } from "#server/vault/kept-opener.ts";

const FEEDBACK = `${OFFICERS_PATH}feedback`;
const MOST_PER_PAGE = 100;

const feedbackQuery = Compile(
  Type.Object({
    after: Type.Optional(Type.String({ pattern: "^[0-9]{7,12}$" })),
    state: Type.Optional(Type.Enum(["open", "all"])),
    limit: Type.Optional(Type.String({ pattern: "^[0-9]{1,3}$" })),
  }),
);
const closing = Compile(NoteRequest);

/** Registers the inbox: everybody sees what the own scope holds; who wrote it is for the province alone. */
export function registerInbox(app: FastifyInstance, parts: ServerParts): void {
  const opener = keptOpener(parts.secrets);
  app.get(FEEDBACK, requireRight("feedback.read"), (request, reply) =>
    list({ ...parts, opener }, request, reply),
  );
  app.post<{ Params: { ticket: string } }>(
    `${FEEDBACK}/:ticket/close`,
    requireRight("feedback.answer"),
    (request, reply) => close(parts, request, reply),
  );
}

/** `next` is the cursor of the next page; null at the end. */
async function list(
  { opener, ...parts }: ServerParts & { readonly opener: () => BodyOpener },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { query } = request;
  if (!feedbackQuery.Check(query)) return sendInvalid(reply, "query");
  const { after, limit } = pageOf(query, MOST_PER_PAGE);
  if (after !== null && !isTicket(after)) return sendInvalid(reply, "after");
  const officer = officerOf(request);
  const reach = reachOf(officer, "feedback.read");
  const isOpenOnly = query.state !== "all";
  const messages = await listFeedback(parts.pool, { after, isOpenOnly, limit, reach });
  const target = `${messages.length} messages`;
  const at_ms = parts.clock.nowMs();
  const seen = { at_ms, actor: officer.officer, action: "feedback-read", target } as const;
  await auditOne(parts.pool, seen);
  const read = messages.map((message) => {
    const { text, ...writer } = readMessage(opener(), message);
    return { ...messageJson(message), text, ...(reach.kind === "everywhere" ? writer : {}) };
  });
  return sendJson(reply, { messages: read, next: nextOf(messages, limit, (one) => one.ticket) });
}

function messageJson(row: FeedbackRow): object {
  const { ticket, category, place, received_at_ms, closed_at_ms, closed_by, closing_note } = row;
  return { ticket, category, place, received_at_ms, closed_at_ms, closed_by, closing_note };
}

async function close(
  parts: ServerParts,
  request: FastifyRequest<{ Params: { ticket: string } }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const officer = officerOf(request);
  if (!may(officer, "feedback.answer", { kind: "province" })) {
    return sendProblem(reply, "right-missing");
  }
  const { ticket } = request.params;
  const body = readJson(closing, request, reply);
  if (body.kind === "refused") return body.reply;
  if (!isTicket(ticket)) return sendProblem(reply, "not-found");
  const nowMs = parts.clock.nowMs();
  const by = officer.officer;
  const { note } = body.value;
  const record = { at_ms: nowMs, actor: by, action: "feedback-closed", target: ticket } as const;
  const isClosed = await audited(parts.pool, record, (client) =>
    closeFeedback(client, { ticket, by, note }, nowMs),
  );
  return isClosed ? sendJson(reply, { ticket, state: "closed" }) : sendProblem(reply, "not-found");
}
