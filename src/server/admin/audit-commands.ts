import { readFileSync } from "node:fs";
import { AdminUsage, pathFrom } from "#server/admin/context.ts";
import type { AdminParts, Caller } from "#server/admin/context.ts";
import type { Command } from "#server/admin/commands.ts";
import type { Flags } from "#server/admin/flags.ts";
import { recordsCutoffMs } from "#server/operations/retention-rules.ts";
import { listAuditHeads, parseSignedHead, signAuditHead } from "#server/vault/audit-heads.ts";
import type { SignedHead } from "#server/vault/audit-heads.ts";
import { checkTrail } from "#server/vault/audit-trail.ts";

/** Commands about the trail of who did what. */
export const auditCommands: Readonly<Record<string, Command>> = {
  "audit verify": { flags: { head: "text" }, run: verifyCommand },
  "audit head": { flags: { all: "switch" }, run: headCommand },
};

/**
 * `audit verify [--head FILE]`: whether the trail is whole, held against every signed head, and against those in a file
 * that was kept elsewhere. Exit code 1: it is not.
 */
async function verifyCommand(parts: AdminParts, flags: Flags, caller: Caller): Promise<number> {
  const path = flags.optionalText("head");
  const report = await checkTrail(parts.pool, {
    publicKey: parts.secrets.answerKey.publicKey,
    cutBeforeMs: recordsCutoffMs(parts.clock.nowMs()),
    kept: path === null ? [] : readHeads(pathFrom(caller, path)),
  });
  await caller.io.write(JSON.stringify(report));
  return report.sound ? 0 : 1;
}

/** `audit head [--all]`: signs how far the trail has come, and prints the newest head, or all; one JSON object a line. */
async function headCommand(parts: AdminParts, flags: Flags, { io }: Caller): Promise<number> {
  await signAuditHead(parts.pool, parts.secrets.answerKey, {
    nowMs: parts.clock.nowMs(),
    occasion: "when-changed",
  });
  const heads = await listAuditHeads(parts.pool);
  for (const head of flags.isSet("all") ? heads : heads.slice(-1)) {
    await io.write(JSON.stringify(head));
  }
  if (heads.length === 0) await io.error("Nobody has done anything yet.");
  return heads.length === 0 ? 1 : 0;
}

/** Throws {@link AdminUsage} for a file that cannot be read or holds anything else. */
function readHeads(path: string): readonly SignedHead[] {
  return linesOf(path).map((line, index) => {
    const head = parseSignedHead(line);
    if (head !== null) return head;
    throw new AdminUsage(`Line ${index + 1} of ${path} is no head as audit head prints it.`);
  });
}

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line.trim() !== "");
  } catch (cause) {
    throw new AdminUsage(`${path} cannot be read.`, { cause });
  }
}
