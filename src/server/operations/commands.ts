import { isoTime } from "#core/dates.ts";
import { AdminUsage, pathFrom } from "#server/admin/context.ts";
import type { AdminParts, Caller } from "#server/admin/context.ts";
import type { Command } from "#server/admin/commands.ts";
import type { Flags } from "#server/admin/flags.ts";
import { fromBase64url, toBase64url } from "#sealing/keys.ts";
import { inTransaction } from "#server/database/pool.ts";
import { clusterCommands } from "#server/operations/cluster-commands.ts";
import { feedCommands } from "#server/operations/feed-command.ts";
import { importCommands } from "#server/operations/import-command.ts";
import { readSetting, writeSetting } from "#server/operations/province-settings.ts";
import { newRecoveryKey, writeRecoveryKey } from "#server/operations/recovery-key.ts";
import { retentionCommands } from "#server/operations/retention-commands.ts";
import { writeBackup } from "#server/operations/write-backup.ts";
import { appendAudit, auditOne } from "#server/vault/audit.ts";

/** Commands that look after the province as a whole. */
export const operationsCommands: Readonly<Record<string, Command>> = {
  "backup key": { flags: {}, run: backupKeyCommand },
  backup: { flags: {}, run: backupCommand },
  ...clusterCommands,
  ...retentionCommands,
  ...feedCommands,
  ...importCommands,
};

/** `backup key FILE`: a new recovery key. The server keeps its public half; the file belongs into a safe. */
async function backupKeyCommand(parts: AdminParts, flags: Flags, caller: Caller): Promise<number> {
  const path = pathOf(flags, caller);
  const key = newRecoveryKey(parts.random);
  writeRecoveryKey(path, key);
  const nowMs = parts.clock.nowMs();
  await inTransaction(parts.pool, async (client) => {
    await writeSetting(client, "backup_key", toBase64url(key.publicKey), nowMs);
    await appendAudit(client, [{ at_ms: nowMs, actor: caller.actor, action: "backup-key-made" }]);
  });
  await caller.io.write(JSON.stringify({ recovery_key: path }));
  await caller.io.error(
    "Keep this file away from the server and from the backups: without it no backup opens, with it every one does.",
  );
  return 0;
}

/** `backup FILE`: everything as it is at this moment, while the server goes on. */
async function backupCommand(parts: AdminParts, flags: Flags, caller: Caller): Promise<number> {
  const path = pathOf(flags, caller);
  const recipient = await readSetting(parts.pool, "backup_key");
  if (recipient === null) {
    await caller.io.error("There is no recovery key yet: make one with admin backup key FILE.");
    return 1;
  }
  const nowMs = parts.clock.nowMs();
  const rows = await writeBackup({
    pool: parts.pool,
    random: parts.random,
    nowMs,
    path,
    recipient: fromBase64url(recipient),
    keyText: parts.secrets.keyText,
  });
  await auditOne(parts.pool, { at_ms: nowMs, actor: caller.actor, action: "backup-made" });
  const total = Object.values(rows).reduce((sum, count) => sum + count, 0);
  const made_at = isoTime(nowMs);
  await caller.io.write(JSON.stringify({ backup: path, made_at, rows: total, tables: rows }));
  return 0;
}

function pathOf(flags: Flags, caller: Caller): string {
  const [path, ...more] = flags.words;
  if (path === undefined || path === "" || more.length > 0) {
    throw new AdminUsage("The name of one file is needed.");
  }
  return pathFrom(caller, path);
}
