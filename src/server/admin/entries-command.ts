import { assertNever } from "#core/assert.ts";
import { AdminUsage } from "#server/admin/context.ts";
import type { AdminIo, AdminParts, Caller } from "#server/admin/context.ts";
import { countOtherEvents, openedFields, readEntries } from "#server/admin/entries.ts";
import type { StoredEntry } from "#server/admin/entries.ts";
import type { Flags } from "#server/admin/flags.ts";
import { createEntryOpener, requestOpening } from "#server/vault/open-entries.ts";
import type { EntryOpener, OpeningGrounds, OpeningPermit } from "#server/vault/open-entries.ts";

/**
 * `entries --ndjson [--open --case ID --reason TEXT [--approve]]`: every entry that is stored, one JSON object a line;
 * waits until the vault has seen all of them.
 */
export async function runEntries(parts: AdminParts, flags: Flags, caller: Caller): Promise<number> {
  if (flags.words.length > 0) throw new AdminUsage("entries takes no words, only flags.");
  if (!flags.isSet("ndjson")) throw new AdminUsage("entries needs --ndjson, its only form.");
  const grounds = flags.isSet("open") ? groundsOf(flags, caller) : null;
  await parts.vault.catchUp();
  if (grounds !== null && !(await mayOpen(parts, grounds, caller.io))) return 1;
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
    isApproved: flags.isSet("approve"),
  };
}

async function mayOpen(parts: AdminParts, grounds: OpeningGrounds, io: AdminIo): Promise<boolean> {
  const permit = await requestOpening(parts.pool, grounds, parts.clock.nowMs());
  return tellPermit(permit, grounds, io);
}

/** True when the opening is granted; else says why it is not. */
export async function tellPermit(
  permit: OpeningPermit,
  grounds: OpeningGrounds,
  io: AdminIo,
): Promise<boolean> {
  switch (permit.kind) {
    case "granted":
      return true;
    case "no-case":
      await io.error(
        `There is no case ${grounds.caseNumber}: open it first with admin case open ID --basis TEXT --reason TEXT.`,
      );
      return false;
    case "needs-approval":
      await io.error(
        `${permit.persons} persons need a second officer; the local administrator may add --approve.`,
      );
      return false;
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
