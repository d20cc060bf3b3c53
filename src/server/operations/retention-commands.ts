import { AdminUsage } from "#server/admin/context.ts";
import type { AdminParts, Caller } from "#server/admin/context.ts";
import type { Command } from "#server/admin/commands.ts";
import type { Flags } from "#server/admin/flags.ts";
import { inTransaction } from "#server/database/pool.ts";
import { listDeletionReports } from "#server/operations/deletion-report.ts";
import { addHold, listHolds, releaseHold } from "#server/operations/holds.ts";
import { runRetention } from "#server/operations/retention.ts";
import { MOST_DAYS } from "#server/operations/retention-rules.ts";
import { appendAudit, audited } from "#server/vault/audit.ts";

/** Commands about how long entries are kept. */
export const retentionCommands: Readonly<Record<string, Command>> = {
  "retention run": { flags: { days: "text" }, run: runCommand },
  "retention reports": { flags: {}, run: reportsCommand },
  "hold add": { flags: { case: "text", from: "text", to: "text" }, run: addHoldCommand },
  "hold list": { flags: {}, run: listHoldsCommand },
  "hold release": { flags: {}, run: releaseHoldCommand },
};

/** `retention run [--days 1–28]`: deletes what is older, and prints the signed report. */
async function runCommand(parts: AdminParts, flags: Flags, { actor, io }: Caller): Promise<number> {
  const days = Number(flags.optionalText("days") ?? MOST_DAYS);
  if (!Number.isInteger(days) || days < 1 || days > MOST_DAYS) {
    throw new AdminUsage(`--days is a whole number from 1 to ${MOST_DAYS}.`);
  }
  const report = await runRetention(parts, { days, actor });
  if (report === null) await io.error("Nothing was old enough to be deleted.");
  else await io.write(JSON.stringify(report));
  return 0;
}

/** `retention reports`: every report as it was signed; exit code 1 when a signature does not fit. */
async function reportsCommand(parts: AdminParts, _flags: Flags, { io }: Caller): Promise<number> {
  const reports = await listDeletionReports(parts.pool, parts.secrets);
  for (const report of reports) await io.write(JSON.stringify(report));
  return reports.every((report) => report.is_signature_valid) ? 0 : 1;
}

/** `hold add --case ID --from DAY --to DAY`: these days stay until they are released. */
async function addHoldCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  const asked = {
    case_number: flags.text("case"),
    first_day: flags.text("from"),
    last_day: flags.text("to"),
  };
  const nowMs = parts.clock.nowMs();
  const hold = await inTransaction(parts.pool, async (client) => {
    const added = await addHold(client, asked, nowMs);
    const record = { at_ms: nowMs, actor, action: "hold-made", case: asked.case_number } as const;
    await appendAudit(client, [{ ...record, target: `hold ${added}` }]);
    return added;
  });
  await io.write(JSON.stringify({ hold, ...asked }));
  return 0;
}

/** `hold list`: holds that count, one JSON object a line. */
async function listHoldsCommand(parts: AdminParts, _flags: Flags, { io }: Caller): Promise<number> {
  for (const hold of await listHolds(parts.pool)) await io.write(JSON.stringify(hold));
  return 0;
}

/** `hold release NUMBER`: its days may be deleted from now on. */
async function releaseHoldCommand(
  parts: AdminParts,
  flags: Flags,
  { actor, io }: Caller,
): Promise<number> {
  const hold = Number(flags.words[0]);
  if (!Number.isSafeInteger(hold) || flags.words.length !== 1) {
    throw new AdminUsage("The number of one hold is needed.");
  }
  const nowMs = parts.clock.nowMs();
  const target = `hold ${hold}`;
  const record = { at_ms: nowMs, actor, action: "hold-released", target } as const;
  const isReleased = await audited(parts.pool, record, (client) =>
    releaseHold(client, hold, nowMs),
  );
  if (isReleased) await io.write(JSON.stringify({ hold, is_released: true }));
  else await io.error(`There is no hold ${hold} that counts.`);
  return isReleased ? 0 : 1;
}
