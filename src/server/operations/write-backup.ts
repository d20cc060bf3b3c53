import { promisify } from "node:util";
import { zstdCompress } from "node:zlib";
import { to as copyTo } from "pg-copy-streams";
import type { Random } from "#core/ports.ts";
import { keyPairFromSecret } from "#sealing/keys.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";
import { frameOf } from "#server/operations/backup-frames.ts";
import type { FrameKind, Manifest } from "#server/operations/backup-frames.ts";
import {
  listDayPartitions,
  listSequences,
  listTables,
  quoted,
} from "#server/operations/catalogue.ts";
import type { TableOf } from "#server/operations/catalogue.ts";
import { takeOperationsTurn } from "#server/operations/one-at-a-time.ts";
import { writeSealedFile } from "#server/operations/sealed-file.ts";
import type { FrameWriter } from "#server/operations/sealed-file.ts";

export type BackupOptions = {
  readonly pool: Pool;
  readonly random: Random;
  readonly nowMs: number;
  readonly path: string;
  /** Raw X25519 public key. */
  readonly recipient: Uint8Array;
  /** The text of the province's key file. */
  readonly keyText: string;
};

/** Rows by table. */
export type RowCounts = Readonly<Record<string, number>>;

const compress = promisify(zstdCompress);
/** Rows are gathered to this size before they are compressed. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * Writes everything the province has, as it was at one moment, into one sealed file, while the server goes on. Throws
 * `BadBackup` for what is wrong with the path, `OperationsBusy` while another backup or a retention run is under way.
 */
export async function writeBackup(options: BackupOptions): Promise<RowCounts> {
  const ephemeral = keyPairFromSecret("x25519", options.random.bytes(32));
  const keys = { recipient: options.recipient, ephemeral };
  let counts: RowCounts = {};
  await inTransaction(options.pool, async (client) => {
    // One snapshot for all tables. The first statement decides it.
    await client.query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
    await client.query("SET LOCAL statement_timeout = 0");
    await client.query("SET LOCAL idle_in_transaction_session_timeout = 0");
    await takeOperationsTurn(client);
    await writeSealedFile(options.path, keys, async (write) => {
      counts = await writeFrames(options, client, write);
    });
  });
  return counts;
}

async function writeFrames(
  options: BackupOptions,
  client: Queryable,
  write: FrameWriter,
): Promise<RowCounts> {
  const say = (kind: FrameKind, text: string) => write(frameOf(kind, Buffer.from(text, "utf8")));
  const manifest = await readManifest(client, options.nowMs);
  await say("manifest", JSON.stringify(manifest));
  await say("keys", options.keyText);
  const rows: Record<string, number> = {};
  for (const table of manifest.tables) {
    await say("table", table.name);
    rows[table.name] = await writeRows(client, table, write);
  }
  await say("closing", JSON.stringify({ rows }));
  return rows;
}

async function readManifest(client: Queryable, nowMs: number): Promise<Manifest> {
  const province = await client.query<{ name: string }>("SELECT name FROM province");
  const migrations = await client.query<Manifest["migrations"][number]>(
    "SELECT version, name, sha256 FROM migrations ORDER BY version",
  );
  const tables = await listTables(client);
  return {
    format: "tramqr-backup-1",
    province: province.rows[0]?.name ?? "",
    made_at_ms: nowMs,
    migrations: migrations.rows,
    tables: tables.map(({ name, columns }) => ({ name, columns: [...columns] })),
    partitions: [...(await listDayPartitions(client))],
    sequences: [...(await listSequences(client))],
  };
}

async function writeRows(client: Queryable, table: TableOf, write: FrameWriter): Promise<number> {
  const columns = table.columns.map(quoted).join(", ");
  const copy = client.query(
    copyTo(`COPY (SELECT ${columns} FROM ${quoted(table.name)}) TO STDOUT`),
  );
  let gathered: Buffer[] = [];
  let bytes = 0;
  const flush = async () => {
    if (bytes > 0) await write(frameOf("rows", await compress(Buffer.concat(gathered))));
    gathered = [];
    bytes = 0;
  };
  for await (const chunk of copy as AsyncIterable<Buffer>) {
    gathered.push(chunk);
    bytes += chunk.length;
    if (bytes >= CHUNK_BYTES) await flush();
  }
  await flush();
  return copy.rowCount;
}
