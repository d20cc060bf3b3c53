import { assert } from "#core/assert.ts";
import type { Queryable } from "#server/database/pool.ts";

/** One life of a station's entry book, as the server knows it. */
export type InstanceRow = {
  readonly instanceKey: number;
  /** End of the gap-free prefix. */
  readonly contiguousUpto: number;
  /** Largest seq that is here; 0 when none is. */
  readonly headSeq: number;
  /** Hash of the event at `headSeq`; null when none is here or nothing proves it. */
  readonly headHash: Buffer | null;
};

type Row = {
  readonly instance_key: number;
  readonly contiguous_upto: number;
  readonly head_seq: number;
  readonly head_hash: Buffer | null;
};

const COLUMNS = "instance_key, contiguous_upto, head_seq, head_hash";

/** Null when nothing of this instance has come yet. */
export async function findInstance(
  database: Queryable,
  station: string,
  instance: string,
): Promise<InstanceRow | null> {
  const found = await database.query<Row>({
    name: "find-instance",
    text: `SELECT ${COLUMNS} FROM instances WHERE station = $1 AND instance = $2`,
    values: [station, instance],
  });
  const [row] = found.rows;
  return row === undefined ? null : instanceFromRow(row);
}

/** The instance, made if it is new, locked until the end of the transaction: one batch of a stream at a time. */
export async function lockInstance(
  client: Queryable,
  station: string,
  instance: string,
  nowMs: number,
): Promise<InstanceRow> {
  const locked = await selectForUpdate(client, station, instance);
  if (locked !== null) return locked;
  await client.query(
    `INSERT INTO instances (station, instance, first_seen_at_ms, last_batch_at_ms)
     VALUES ($1, $2, $3, $3) ON CONFLICT DO NOTHING`,
    [station, instance, nowMs],
  );
  const made = await selectForUpdate(client, station, instance);
  assert(made !== null, "an instance is there after it was made");
  return made;
}

/** Events whose bodies the vault is to open, inclusive. */
export type SealedRange = { readonly firstSeq: number; readonly lastSeq: number };

/** Where the stream stands after a batch, and what the vault has to do for it. */
export async function moveInstance(
  client: Queryable,
  instance: InstanceRow,
  sealed: SealedRange | null,
  nowMs: number,
): Promise<void> {
  await client.query({
    name: "move-instance",
    text: `WITH work AS (
             INSERT INTO vault_work (instance_key, first_seq, last_seq)
             SELECT $1, $6::bigint, $7::bigint WHERE $6 IS NOT NULL
           )
           UPDATE instances SET contiguous_upto = $2, head_seq = $3, head_hash = $4, last_batch_at_ms = $5
           WHERE instance_key = $1`,
    values: [
      instance.instanceKey,
      instance.contiguousUpto,
      instance.headSeq,
      instance.headHash,
      nowMs,
      sealed?.firstSeq ?? null,
      sealed?.lastSeq ?? null,
    ],
  });
}

async function selectForUpdate(
  client: Queryable,
  station: string,
  instance: string,
): Promise<InstanceRow | null> {
  const found = await client.query<Row>({
    name: "lock-instance",
    text: `SELECT ${COLUMNS} FROM instances WHERE station = $1 AND instance = $2 FOR UPDATE`,
    values: [station, instance],
  });
  const [row] = found.rows;
  return row === undefined ? null : instanceFromRow(row);
}

function instanceFromRow(row: Row): InstanceRow {
  return {
    instanceKey: row.instance_key,
    contiguousUpto: row.contiguous_upto,
    headSeq: row.head_seq,
    headHash: row.head_hash,
  };
}
