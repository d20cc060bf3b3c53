import { assertNever } from "#core/assert.ts";
import { AdminUsage } from "#server/admin/context.ts";
import type { AdminIo, AdminParts, Caller } from "#server/admin/context.ts";
import { countOtherEvents, openedFields, readEntries } from "#server/admin/entries.ts";
import type { StoredEntry } from "#server/admin/entries.ts";
import type { Flags } from "#server/admin/flags.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Queryable } from "#server/database/pool.ts";
import { findApproval, keepRequest } from "#server/tracing/approvals.ts";
import type { Restricted } from "#server/tracing/question.ts";
import { requestWords } from "#server/tracing/request-words.ts";
import { countPersons, createEntryOpener, requestOpening } from "#server/vault/open-entries.ts";
import type { EntryOpener, OpeningGrounds } from "#server/vault/open-entries.ts";

/**
 * `entries --ndjson [--open --case ID --reason TEXT [--approve]]`: every entry that is stored, one JSON object a line;
 * waits until the vault has seen all of them.
 */
export async function runEntries(parts: AdminParts, flags: Flags, caller: Caller): Promise<number> {
  if (flags.words.length > 0) throw new AdminUsage("entries takes no words, only flags.");
  if (!flags.isSet("ndjson")) throw new AdminUsage("entries needs --ndjson, its only form.");
  const grounds = flags.isSet("open") ? groundsOf(flags, caller) : null;
  await parts.vault.catchUp();
  const opening = { asked: { kind: "entries" }, count: countPersons } as const;
  if (grounds !== null && !(await mayOpen(parts, grounds, opening, caller.io))) return 1;
  const opener = grounds === null ? null : createEntryOpener(parts.pool, parts.secrets, grounds);
  const counts = await writeEntries(parts, opener, caller.io);
  await tellRest(parts, counts, caller.io);
  return 0;
}

/** `--case ID --reason TEXT [--approve]`, as every opening of names needs them. */
export function groundsOf(flags: Flags, { actor }: Caller): OpeningGrounds {
  return {
    caseNumber: flags.text("case"),
    reason: flags.text("reason"),
    actor,
    approval: { kind: flags.isSet("approve") ? "here" : "none" },
  };
}

/** What is opened at once, and how many persons it is. */
type Opening = {
  readonly asked: Restricted;
  count(client: Queryable): Promise<number>;
};

/** True when the opening is granted; else says why it is not. A second officer who is needed is asked. */
export async function mayOpen(
  parts: AdminParts,
  grounds: OpeningGrounds,
  { asked, count }: Opening,
  io: AdminIo,
): Promise<boolean> {
  const { caseNumber, actor, reason } = grounds;
  const nowMs = parts.clock.nowMs();
  const wanted = { caseNumber, askedBy: actor, asked };
  const approval =
    grounds.approval.kind === "none"
      ? await findApproval(parts.pool, wanted, nowMs)
      : grounds.approval;
  const permit = await requestOpening(parts.pool, { ...grounds, approval }, nowMs, count);
  switch (permit.kind) {
    case "granted":
      return true;
    case "no-case":
      await io.error(
        `There is no case ${caseNumber} that is open: open it first with admin case open ID --basis TEXT --reason TEXT.`,
      );
      return false;
    case "needs-approval": {
      const more = { ...wanted, reason, persons: permit.persons, days: null };
      const request = await inTransaction(parts.pool, (client) =>
        keepRequest(client, more, parts.random, nowMs),
      );
      await io.error(requestWords(parts, request));
      return false;
    }
    default:
      return assertNever(permit);
  }
}

type Counts = { readonly entries: number; readonly unopened: number };

async function writeEntries(
  parts: AdminParts,
  opener: EntryOpener | null,
  io: AdminIo,
): Promise<Counts> {
  let entries = 0;
  let unopened = 0;
  for await (const page of readEntries(parts.pool, { withBodies: opener !== null })) {
    const bodies =
      opener === null ? [] : await opener.open(page.map(openable), parts.clock.nowMs());
    for (const [index, { line }] of page.entries()) {
      const body = bodies[index] ?? null;
      const opened = opener === null ? {} : openedFields(body);
      await io.write(JSON.stringify({ ...line, ...opened }));
      if (opener !== null && body === null) unopened += 1;
    }
    entries += page.length;
  }
  return { entries, unopened };
}

function openable({ line, sealedBody }: StoredEntry) {
  return { eventId: line.event_id, subject: line.subject, sealedBody };
}

async function tellRest(parts: AdminParts, counts: Counts, io: AdminIo): Promise<void> {
  const others = await countOtherEvents(parts.pool);
  const listed = others.map(({ type, count }) => `${type} ${count}`).join(", ");
  await io.error(`${counts.entries} entries. Other events: ${listed || "none"}.`);
  if (counts.unopened > 0) await io.error(`${counts.unopened} entries have no body that opens.`);
}
