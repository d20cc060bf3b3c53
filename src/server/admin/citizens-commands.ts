import { isoTime } from "#core/dates.ts";
import { createBodyOpener } from "#sealing/sealed-body.ts";
import { AdminUsage } from "#server/admin/context.ts";
import type { AdminIo, AdminParts, Caller } from "#server/admin/context.ts";
import { openedFields } from "#server/admin/entries.ts";
import { groundsOf, mayOpen } from "#server/admin/entries-command.ts";
import type { Flags } from "#server/admin/flags.ts";
import { oneWord } from "#server/admin/flags.ts";
import { countDeclarers, readDeclarations } from "#server/citizens/declarations.ts";
import type { DeclarationRow } from "#server/citizens/declarations.ts";
import { closeFeedback, isTicket, listFeedback } from "#server/citizens/feedback.ts";
import type { FeedbackRow } from "#server/citizens/feedback.ts";
import { extrasOf, readMessage } from "#server/citizens/opened.ts";
import { auditOne, audited } from "#server/vault/audit.ts";
import { createEntryOpener } from "#server/vault/open-entries.ts";
import type { EntryOpener } from "#server/vault/open-entries.ts";

const PAGE = 500;
const MAX_CONTEXTS = 1_000;

/**
 * `declaration list [--all] [--open --case ID --reason TEXT [--approve]]`: declarations that are still good, or all that
 * are kept, one JSON object a line.
 */
export async function listDeclarationsCommand(
  parts: AdminParts,
  flags: Flags,
  caller: Caller,
): Promise<number> {
  const nowMs = parts.clock.nowMs();
  const grounds = flags.isSet("open") ? groundsOf(flags, caller) : null;
  if (grounds !== null) {
    const opening = { asked: { kind: "declarations" }, count: countDeclarers } as const;
    if (!(await mayOpen(parts, grounds, opening, caller.io))) return 1;
  }
  const opener = grounds === null ? null : createEntryOpener(parts.pool, parts.secrets, grounds);
  const wanted = { nowMs, isAll: flags.isSet("all"), pageSize: PAGE };
  for await (const page of readDeclarations(parts.pool, wanted)) {
    await writeDeclarations(page, opener, { nowMs, io: caller.io });
  }
  return 0;
}

async function writeDeclarations(
  page: readonly DeclarationRow[],
  opener: EntryOpener | null,
  { nowMs, io }: { readonly nowMs: number; readonly io: AdminIo },
): Promise<void> {
  const openable = page.map((row) => ({
    eventId: row.declaration,
    subject: row.subject.toString("hex"),
    sealedBody: row.sealed_body,
  }));
  const bodies = opener === null ? [] : await opener.open(openable, nowMs);
  for (const [index, row] of page.entries()) {
    const body = bodies[index] ?? null;
    const extras = body === null ? null : extrasOf(body);
    const opened = opener === null ? {} : { ...openedFields(body), ...extras };
    await io.write(JSON.stringify({ ...declarationLine(row), ...opened }));
  }
}

function declarationLine(row: DeclarationRow): object {
  return {
    declaration: row.declaration,
    kind: row.kind,
    place: row.place,
    subject: row.subject.toString("hex"),
    declared_at: isoTime(row.declared_at_ms),
    expires_at: isoTime(row.expires_at_ms),
  };
}

/** `feedback list [--all] [--after TICKET]`: the inbox, oldest first, at most 500 messages; `--after` goes on. */
export async function listFeedbackCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  const after = flags.optionalText("after");
  if (after !== null && !isTicket(after))
    throw new AdminUsage("--after is the number of a ticket.");
  const reach = { kind: "everywhere" } as const;
  const page = { after, isOpenOnly: !flags.isSet("all"), limit: PAGE, reach };
  const messages = await listFeedback(parts.pool, page);
  const record = {
    at_ms: parts.clock.nowMs(),
    actor,
    action: "feedback-read",
    target: `${messages.length} messages`,
  } as const;
  await auditOne(parts.pool, record);
  const opener = createBodyOpener(parts.secrets.openingKey, MAX_CONTEXTS);
  for (const message of messages) {
    await io.write(JSON.stringify({ ...messageLine(message), ...readMessage(opener, message) }));
  }
  return 0;
}

function messageLine(row: FeedbackRow): object {
  return {
    ticket: row.ticket,
    category: row.category,
    place: row.place,
    received_at: isoTime(row.received_at_ms),
    closed_at: isoTime(row.closed_at_ms),
    closed_by: row.closed_by,
    closing_note: row.closing_note,
  };
}

/** `feedback close TICKET --note TEXT`. */
export async function closeFeedbackCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  const ticket = oneWord(flags, "The number of the ticket");
  if (!isTicket(ticket)) throw new AdminUsage("The number of the ticket is mistyped.");
  const [note, nowMs] = [flags.text("note"), parts.clock.nowMs()];
  const record = { at_ms: nowMs, actor, action: "feedback-closed", target: ticket } as const;
  const isClosed = await audited(parts.pool, record, (client) =>
    closeFeedback(client, { ticket, by: actor, note }, nowMs),
  );
  if (!isClosed) {
    await io.error(`There is no open message ${ticket}.`);
    return 1;
  }
  await io.write(JSON.stringify({ ticket, state: "closed" }));
  return 0;
}
