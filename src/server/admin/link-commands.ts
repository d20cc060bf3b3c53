import { assertNever } from "#core/assert.ts";
import { AdminUsage } from "#server/admin/context.ts";
import type { AdminIo, AdminParts, Caller } from "#server/admin/context.ts";
import type { Flags } from "#server/admin/flags.ts";
import { oneWord } from "#server/admin/flags.ts";
import { approveLink, listLinks, proposeLink, removeLink } from "#server/vault/links.ts";
import type { LinkOutcome } from "#server/vault/links.ts";

const SUBJECT = /^[0-9a-f]{32}$/;

const refusals = {
  "same-subject": "Both are the same subject.",
  "linked-already": "One of them is linked to another subject already: see link list.",
  "others-joined-to-it": "Others are joined to this subject: link the other way round.",
  "not-proposed": "No such link waits for approval.",
  "same-officer": "The officer who proposed a link cannot approve it.",
} as const;

/**
 * `link add --subject HEX --same-as HEX --reason TEXT [--approve]`: two documents are one person's. Subjects, not numbers:
 * what is typed here stays in the shell's history.
 */
export async function addLinkCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  const subject = subjectOf(flags.text("subject"));
  const request = {
    subject,
    sameAs: subjectOf(flags.text("same-as")),
    reason: flags.text("reason"),
    by: actor,
    isApproved: flags.isSet("approve"),
  };
  return tell(await proposeLink(parts.pool, request, parts.clock.nowMs()), subject, io);
}

/** `link approve HEX`: another officer's word for a proposed link. */
export async function approveLinkCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  const subject = subjectOf(oneWord(flags, "The subject"));
  return tell(await approveLink(parts.pool, subject, actor, parts.clock.nowMs()), subject, io);
}

/** `link remove HEX --reason TEXT`: every event is again what its own document says. */
export async function removeLinkCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  const subject = subjectOf(oneWord(flags, "The subject"));
  const why = { by: actor, reason: flags.text("reason") };
  if (!(await removeLink(parts.pool, subject, why, parts.clock.nowMs()))) {
    await io.error("There is no such link of officers.");
    return 1;
  }
  await io.write(JSON.stringify({ subject: subject.toString("hex"), state: "removed" }));
  return 0;
}

/** `link list`: officers' links, newest first. */
export async function listLinksCommand(
  parts: AdminParts,
  _flags: Flags,
  { io }: Caller,
): Promise<number> {
  for (const { made_at_ms, ...link } of await listLinks(parts.pool)) {
    await io.write(JSON.stringify({ ...link, made_at: new Date(made_at_ms).toISOString() }));
  }
  return 0;
}

async function tell(outcome: LinkOutcome, subject: Buffer, io: AdminIo): Promise<number> {
  const hex = subject.toString("hex");
  switch (outcome.kind) {
    case "proposed":
      await io.write(JSON.stringify({ subject: hex, state: "proposed" }));
      return 0;
    case "joined":
      await io.write(JSON.stringify({ subject: hex, state: "joined", events: outcome.events }));
      return 0;
    case "refused":
      await io.error(refusals[outcome.reason]);
      return 1;
    default:
      return assertNever(outcome);
  }
}

function subjectOf(hex: string): Buffer {
  if (!SUBJECT.test(hex))
    throw new AdminUsage("A subject is 32 hex digits, as entries lists them.");
  return Buffer.from(hex, "hex");
}
