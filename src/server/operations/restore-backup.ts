import { isoTime } from "#core/dates.ts";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
} from "node:fs";
import { join } from "node:path";
import type { Clock } from "#core/ports.ts";
import { startEmbedded } from "#server/database/embedded.ts";
import { stopLeftovers } from "#server/database/leftover.ts";
import { inTransaction, openPool } from "#server/database/pool.ts";
import type { Pool } from "#server/database/pool.ts";
import type { Connection } from "#server/database/access.ts";
import { lockFolder } from "#server/folder-lock.ts";
import type { ServerLog } from "#server/log.ts";
import { provinceFolder, readOwner } from "#server/province.ts";
import { loadBackup, requireWhole } from "#server/operations/load-backup.ts";
import type { LoadedBackup } from "#server/operations/load-backup.ts";
import { readRecoveryKey } from "#server/operations/recovery-key.ts";
import { runRetention } from "#server/operations/retention.ts";
import { MOST_DAYS, recordsCutoffMs } from "#server/operations/retention-rules.ts";
import { BadBackup } from "#server/operations/sealed-file.ts";
import { appendAudit } from "#server/vault/audit.ts";
import { checkTrail } from "#server/vault/audit-trail.ts";
import { writeKeyText } from "#server/vault/key-file.ts";
import { createBodyOpener } from "#sealing/sealed-body.ts";
import { openOne } from "#server/vault/open-entries.ts";
import { secretsFromText } from "#server/vault/province-keys.ts";
import type { ProvinceSecrets } from "#server/vault/province-keys.ts";

export type RestoreOptions = {
  readonly dataDir: string;
  readonly path: string;
  readonly recoveryKeyPath: string;
  /** An empty database of the province's own; null: the one that we bring along. */
  readonly databaseUrl: string | null;
  readonly log: ServerLog;
};

/** What a backup was found to be good for. */
export type BackupReport = {
  readonly made_at: string;
  readonly province: string;
  readonly schema_version: number;
  readonly rows: number;
  readonly tables: Readonly<Record<string, number>>;
  /** How many of them were too old to be kept, and are gone again; null: nothing was deleted from what was looked at. */
  readonly rows_deleted: number | null;
  /** The trail of who did what is whole. */
  readonly is_audit_sound: boolean;
  /** Its keys are those that its database was made with. */
  readonly do_keys_fit: boolean;
  /** Of the newest sealed bodies, how many its keys open; a body may be of a station's fault. */
  readonly bodies_tried: number;
  readonly bodies_opened: number;
};

const RESTORING = ".restoring";
const VERIFYING = ".verifying";
const BODIES_TRIED = 50;
const CONNECTIONS = 2;

/**
 * Makes a province of a backup, in a data folder that has none. The folder appears whole or not at all; after a kill the
 * same command begins anew. Throws `BadBackup`, `BadRecoveryKey` and the database's named errors.
 */
export async function restoreBackup(options: RestoreOptions, clock: Clock): Promise<BackupReport> {
  const folder = provinceFolder(options.dataDir);
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new BadBackup(
      `There is a province in ${options.dataDir} already: name a new data folder.`,
    );
  }
  const recoveryKey = readRecoveryKey(options.recoveryKeyPath);
  await requireWhole(options.path, recoveryKey);
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  return inScratch(options, RESTORING, options.databaseUrl, async (pool, scratch) => {
    const loaded = await loadBackup(pool, options.path, recoveryKey);
    const report = await judge(pool, loaded);
    await inTransaction(pool, (client) =>
      appendAudit(client, [
        {
          at_ms: clock.nowMs(),
          actor: "local:restore",
          action: "restored",
          target: report.made_at,
        },
      ]),
    );
    // What the backup holds beyond the limit is gone before anybody can ask for it.
    const secrets = secretsFromText(loaded.keyText, "the backup's key file");
    const deleted = await runRetention(
      { pool, secrets, clock },
      { days: MOST_DAYS, actor: "local:restore" },
    );
    writeKeyText(join(scratch, "keys"), loaded.keyText);
    return {
      report: { ...report, rows_deleted: deleted?.report.rows ?? 0 },
      finish() {
        if (existsSync(folder)) rmdirSync(folder);
        renameSync(scratch, folder);
      },
    };
  });
}

/** Restores a backup into a database of its own, counts and opens what came out, and throws it away. */
export async function verifyBackup(
  options: Omit<RestoreOptions, "databaseUrl">,
): Promise<BackupReport> {
  const recoveryKey = readRecoveryKey(options.recoveryKeyPath);
  await requireWhole(options.path, recoveryKey);
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  return inScratch(options, VERIFYING, null, async (pool) => {
    const loaded = await loadBackup(pool, options.path, recoveryKey);
    return { report: await judge(pool, loaded), finish() {} };
  });
}

type Scratch = Pick<RestoreOptions, "dataDir" | "log">;
type Outcome = { readonly report: BackupReport; finish(): void };

/** Works in a folder beside the province's, and removes it; `finish` runs when its database has stopped. */
async function inScratch(
  options: Scratch,
  name: string,
  databaseUrl: string | null,
  work: (pool: Pool, folder: string) => Promise<Outcome>,
): Promise<BackupReport> {
  const lockPath = join(options.dataDir, `${name}.lock`);
  const lock = await lockFolder(lockPath);
  try {
    await removeLeftovers(options.dataDir, `${name}-`);
    // A new name: the initdb of a killed run may still be at work in the old one.
    const scratch = mkdtempSync(join(options.dataDir, `${name}-`));
    const { report, finish } = await withDatabase(options, scratch, databaseUrl, work);
    finish();
    return report;
  } finally {
    await removeLeftovers(options.dataDir, `${name}-`);
    await lock.release();
    rmSync(lockPath, { recursive: true, force: true });
  }
}

async function withDatabase(
  { dataDir, log }: Scratch,
  folder: string,
  databaseUrl: string | null,
  work: (pool: Pool, folder: string) => Promise<Outcome>,
): Promise<Outcome> {
  if (databaseUrl !== null) return withPool({ kind: "url", url: databaseUrl }, folder, log, work);
  const database = await startEmbedded({ folder, dataDir, log });
  try {
    return await withPool(database.connection, folder, log, work);
  } finally {
    await database.stop();
  }
}

async function withPool(
  connection: Connection,
  folder: string,
  log: ServerLog,
  work: (pool: Pool, folder: string) => Promise<Outcome>,
): Promise<Outcome> {
  const pool = await openPool(connection, CONNECTIONS, log);
  try {
    return await work(pool, folder);
  } finally {
    await pool.end();
  }
}

/** What a killed run left over may still have a database at work. */
async function removeLeftovers(dataDir: string, prefix: string): Promise<void> {
  for (const name of readdirSync(dataDir).filter((one) => one.startsWith(prefix))) {
    const scratch = join(dataDir, name);
    const dataFolder = join(scratch, "pg");
    if (existsSync(dataFolder)) await stopLeftovers(dataFolder);
    rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

async function judge(pool: Pool, { manifest, keyText, rows }: LoadedBackup): Promise<BackupReport> {
  const secrets = secretsFromText(keyText, "the backup's key file");
  const ownKey = Buffer.from(secrets.openingKey.publicKey);
  const trail = {
    publicKey: secrets.answerKey.publicKey,
    // Judged by the day of the backup: what may have been cut away then.
    cutBeforeMs: recordsCutoffMs(manifest.made_at_ms),
  };
  return {
    made_at: isoTime(manifest.made_at_ms),
    province: manifest.province,
    schema_version: Math.max(0, ...manifest.migrations.map(({ version }) => version)),
    rows: Object.values(rows).reduce((total, count) => total + count, 0),
    tables: rows,
    rows_deleted: null,
    is_audit_sound: (await checkTrail(pool, trail)).sound,
    do_keys_fit: (await readOwner(pool))?.equals(ownKey) === true,
    ...(await openNewest(pool, secrets)),
  };
}

async function openNewest(
  pool: Pool,
  secrets: ProvinceSecrets,
): Promise<Pick<BackupReport, "bodies_tried" | "bodies_opened">> {
  const found = await pool.query<{ event_id: string; sealed_body: Buffer }>(
    `SELECT event_id, sealed_body FROM events WHERE sealed_body IS NOT NULL
     ORDER BY local_day DESC, event_id DESC LIMIT ${BODIES_TRIED}`,
  );
  const opener = createBodyOpener(secrets.openingKey, BODIES_TRIED);
  const opened = found.rows.filter(
    ({ event_id: eventId, sealed_body: sealedBody }) =>
      openOne(opener, { eventId, sealedBody }) !== null,
  );
  return { bodies_tried: found.rows.length, bodies_opened: opened.length };
}
