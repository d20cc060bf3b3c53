import { isoTime } from "#core/dates.ts";
import type { KeyObject } from "node:crypto";
import { assertNever } from "#core/assert.ts";
import { AdminUsage } from "#server/admin/context.ts";
import type { AdminIo, AdminParts, Caller } from "#server/admin/context.ts";
import type { Flags } from "#server/admin/flags.ts";
import { oneWord } from "#server/admin/flags.ts";
import { documentOfNumber } from "#server/vault/document-number.ts";
import { approveLink, listLinks, proposeLink, removeLink } from "#server/vault/links.ts";
import type { LinkOutcome } from "#server/vault/links.ts";
import { subjectOf as keyedSubject } from "#server/vault/subject.ts";

const SUBJECT = /^[0-9a-f]{32}$/;

const refusals = {
  "same-subject": "Both are the same subject.",
  "proposed-already":
    "This link waits for approval already: another officer says link approve HEX.",
  "linked-already": "One of them is linked to another subject already: see link list.",
  "others-joined-to-it": "Others are joined to this subject: link the other way round.",
  "not-proposed": "No such link waits for approval.",
  "same-officer": "The officer who proposed a link cannot approve it.",
} as const;

/**
 * `link add (--document-stdin | --subject HEX --same-as HEX) --reason TEXT [--approve]`: two documents are one person's.
 * Numbers come from standard input, the older one first, a semicolon, comma or tab between them, one pair a line: what is
 * typed as an argument stays in the shell's history. Nothing is linked when any line cannot be read.
 */
export async function addLinkCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, input, io }: Caller,
): Promise<number> {
  const reason = flags.text("reason");
  const pairs = flags.isSet("document-stdin")
    ? pairsOf(input ?? "", flags, parts.secrets.subjectKey)
    : [{ subject: subjectOf(flags.text("subject")), sameAs: subjectOf(flags.text("same-as")) }];
  let refused = 0;
  for (const [index, { subject, sameAs }] of pairs.entries()) {
    const request = { subject, sameAs, reason, by: actor, isApproved: flags.isSet("approve") };
    const outcome = await proposeLink(parts.pool, request, parts.clock.nowMs());
    if (outcome.kind === "refused" && pairs.length > 1) await io.error(`Pair ${index + 1}:`);
    refused += await tell(outcome, subject, io);
  }
  return refused === 0 ? 0 : 1;
}

type Pair = { readonly subject: Buffer; readonly sameAs: Buffer };

/** Throws {@link AdminUsage} with the number of the line, and never with what stands in it. */
function pairsOf(input: string, flags: Flags, subjectKey: KeyObject): readonly Pair[] {
  if (flags.optionalText("subject") !== null || flags.optionalText("same-as") !== null) {
    throw new AdminUsage("Either --document-stdin, or --subject and --same-as.");
  }
  const lines = input.split("\n").flatMap((text, index) => {
    const typed = text.trim();
    return typed === "" ? [] : [{ typed, number: index + 1 }];
  });
  if (lines.length === 0) throw new AdminUsage("No document numbers came on standard input.");
  return lines.map(({ typed, number }) => {
    const [older, newer, ...more] = typed.split(/[;,\t]/u).map(documentOfNumber);
    if (older && newer && more.length === 0) {
      return {
        subject: keyedSubject(older.identity, subjectKey),
        sameAs: keyedSubject(newer.identity, subjectKey),
      };
    }
    throw new AdminUsage(
      `Dòng ${number}: cần hai số giấy tờ, cách nhau bằng dấu chấm phẩy. / Line ${number}: two document numbers are needed, a semicolon between them.`,
    );
  });
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
    await io.write(JSON.stringify({ ...link, made_at: isoTime(made_at_ms) }));
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
