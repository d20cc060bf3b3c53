import { resolve } from "node:path";
import { commandNamed } from "#server/admin/command-names.ts";
import { AdminUsage } from "#server/admin/context.ts";
import type { AdminIo } from "#server/admin/context.ts";
import { parseFlags } from "#server/admin/flags.ts";
import type { FlagTable, Flags } from "#server/admin/flags.ts";
import { createServerLog } from "#server/log.ts";
import { systemClock } from "#server/ports.ts";
import { restoreBackup, verifyBackup } from "#server/operations/restore-backup.ts";
import type { BackupReport } from "#server/operations/restore-backup.ts";

/** What a command without a running province works on. */
export type OfflineContext = {
  readonly dataDir: string;
  readonly io: AdminIo;
  readonly environment: Readonly<Record<string, string | undefined>>;
};

type OfflineCommand = {
  readonly flags: FlagTable;
  run(context: OfflineContext, flags: Flags): Promise<number>;
};

/** Commands that need no running province, by the words that name them. */
export const offlineCommands: Readonly<Record<string, OfflineCommand>> = {
  "backup verify": { flags: { key: "text" }, run: verifyCommand },
  restore: { flags: { key: "text" }, run: restoreCommand },
};

/** The command that needs no province; null when `args` name none. Throws {@link AdminUsage} for its flags. */
export function findOffline(
  args: readonly string[],
): ((context: OfflineContext) => Promise<number>) | null {
  const found = commandNamed(offlineCommands, args);
  if (found === null) return null;
  const flags = parseFlags(found.rest, found.command.flags);
  return (context) => found.command.run(context, flags);
}

/** `backup verify FILE --key FILE`: restored into a database of its own, counted, opened, thrown away. */
async function verifyCommand(context: OfflineContext, flags: Flags): Promise<number> {
  const report = await verifyBackup(optionsOf(context, flags));
  await context.io.write(JSON.stringify(report));
  return isSound(report) ? 0 : 1;
}

/** `restore FILE --key FILE`: makes the province of a data folder, or of an empty `DATABASE_URL`, from a backup. */
async function restoreCommand(context: OfflineContext, flags: Flags): Promise<number> {
  const url = context.environment["DATABASE_URL"] ?? "";
  const databaseUrl = url === "" ? null : url;
  const report = await restoreBackup({ ...optionsOf(context, flags), databaseUrl }, systemClock);
  await context.io.write(JSON.stringify(report));
  return isSound(report) ? 0 : 1;
}

function optionsOf({ dataDir }: OfflineContext, flags: Flags) {
  return {
    dataDir,
    path: pathOf(flags),
    recoveryKeyPath: resolve(flags.text("key")),
    log: createServerLog(() => {}),
  };
}

function pathOf(flags: Flags): string {
  const [path, ...more] = flags.words;
  if (path === undefined || more.length > 0) throw new AdminUsage("One backup file is needed.");
  return resolve(path);
}

function isSound(report: BackupReport): boolean {
  return report.is_audit_sound && report.do_keys_fit;
}
