import { GENESIS_HASH } from "#sealing/chain.ts";
import type { Queryable } from "#server/database/pool.ts";
import type { InstanceRow } from "#server/ingest/instance-row.ts";
import type { ValidEvent } from "#server/ingest/judge.ts";

/** A neighbour in the stream that was there before; hashes in hex. */
type Neighbour = { readonly hash: string; readonly prevHash: string | null };

/**
 * The seqs of events that do not continue the event before them, among `stored` and their neighbours of before. A
 * neighbour that is not here yet is compared when it comes.
 */
export async function findChainBreaks(
  client: Queryable,
  instance: InstanceRow,
  stored: readonly ValidEvent[],
): Promise<readonly number[]> {
  const bySeq = new Map(stored.map((event) => [event.header.seq, event]));
  const neighbours = await readNeighbours(client, instance, bySeq);
  const breaks = new Set<number>();
  for (const { header, hash } of stored) {
    const before = bySeq.get(header.seq - 1)?.hash ?? neighbours.get(header.seq - 1)?.hash;
    const expected = header.seq === 1 ? GENESIS_HASH : before;
    if (expected !== undefined && expected !== header.prev_hash) breaks.add(header.seq);
    const after = neighbours.get(header.seq + 1)?.prevHash ?? hash;
    if (after !== hash) breaks.add(header.seq + 1);
  }
  return [...breaks];
}

async function readNeighbours(
  client: Queryable,
  instance: InstanceRow,
  bySeq: ReadonlyMap<number, ValidEvent>,
): Promise<ReadonlyMap<number, Neighbour>> {
  const { headSeq, headHash } = instance;
  const wanted = new Set<number>();
  for (const seq of bySeq.keys()) {
    for (const next of [seq - 1, seq + 1]) {
      if (next >= 1 && next <= headSeq && !bySeq.has(next)) wanted.add(next);
    }
  }
  // The common case, a stream that goes on where it ended, needs no query.
  const isHeadOnly = wanted.size === 1 && wanted.has(headSeq) && headHash !== null;
  const goesOn = isHeadOnly && !bySeq.has(headSeq - 1);
  if (goesOn) return new Map([[headSeq, { hash: headHash.toString("hex"), prevHash: null }]]);
  return wanted.size === 0 ? new Map() : queryNeighbours(client, instance.instanceKey, [...wanted]);
}

type Row = { readonly seq: number; readonly hash: Buffer; readonly prev_hash: Buffer | null };

async function queryNeighbours(
  client: Queryable,
  instanceKey: number,
  seqs: readonly number[],
): Promise<ReadonlyMap<number, Neighbour>> {
  const found = await client.query<Row>(
    `WITH k AS MATERIALIZED (
       SELECT seq, hash, local_day, event_id FROM event_keys
       WHERE instance_key = $1 AND seq = ANY($2::bigint[]) AND standing < 2)
     SELECT k.seq, k.hash, e.prev_hash
     FROM k LEFT JOIN events e ON e.local_day = k.local_day AND e.event_id = k.event_id`,
    [instanceKey, seqs],
  );
  return new Map(
    found.rows.map((row) => [
      row.seq,
      { hash: row.hash.toString("hex"), prevHash: row.prev_hash?.toString("hex") ?? null },
    ]),
  );
}
