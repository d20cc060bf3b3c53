import type { Queryable } from "#server/database/pool.ts";

/** A place in a stream that is taken, and by whom. */
export type KeyRow = {
  readonly instanceKey: number;
  readonly seq: number;
  /** Null: only the seq is held, by a line in quarantine that nothing proves. */
  readonly eventId: string | null;
  /** Hex. */
  readonly hash: string;
  readonly isStored: boolean;
};

/** What is to be held for a line in quarantine. */
export type HeldKey = {
  readonly seq: number;
  /** Null: hold the seq only. */
  readonly eventId: string | null;
  readonly hash: Buffer;
};

type Row = {
  readonly instance_key: number;
  readonly seq: number;
  readonly event_id: string | null;
  readonly hash: Buffer;
  readonly standing: number;
};

/** The keys that stand in the way of these ids, in any instance, or of these seqs in this one. */
export async function findKeys(
  client: Queryable,
  instanceKey: number,
  eventIds: readonly string[],
  seqs: readonly number[],
): Promise<readonly KeyRow[]> {
  const found = await client.query<Row>(
    `SELECT instance_key, seq, event_id, hash, standing FROM event_keys WHERE event_id = ANY($2::uuid[])
     UNION
     SELECT instance_key, seq, event_id, hash, standing FROM event_keys
     WHERE instance_key = $1 AND seq = ANY($3::bigint[])`,
    [instanceKey, eventIds, seqs],
  );
  return found.rows.map((row) => ({
    instanceKey: row.instance_key,
    seq: row.seq,
    eventId: row.event_id,
    hash: row.hash.toString("hex"),
    isStored: row.standing === 0,
  }));
}

/** Gives up places that lines in quarantine held, for the true events. */
export async function releaseKeys(
  client: Queryable,
  instanceKey: number,
  seqs: readonly number[],
): Promise<void> {
  await client.query(
    "DELETE FROM event_keys WHERE instance_key = $1 AND seq = ANY($2::bigint[]) AND standing > 0",
    [instanceKey, seqs],
  );
}

/** Holds what is still free of these places; returns nothing, because what is taken is as well kept. */
export async function holdKeys(
  client: Queryable,
  instanceKey: number,
  localDay: string,
  keys: readonly HeldKey[],
): Promise<void> {
  if (keys.length === 0) return;
  await client.query(
    `INSERT INTO event_keys (instance_key, seq, event_id, hash, standing, local_day)
     SELECT $1, seq, event_id, hash, CASE WHEN event_id IS NULL THEN 2 ELSE 1 END, $2
     FROM unnest($3::bigint[], $4::uuid[], $5::bytea[]) AS held (seq, event_id, hash)
     ON CONFLICT DO NOTHING`,
    [
      instanceKey,
      localDay,
      keys.map((key) => key.seq),
      keys.map((key) => key.eventId),
      keys.map((key) => key.hash),
    ],
  );
}

/** How many places are read at once when a gap closes. */
const WALK = 512;

/** End of the gap-free prefix, which reaches at least to `from`. */
export async function endOfPrefix(
  client: Queryable,
  instanceKey: number,
  from: number,
): Promise<number> {
  let end = from;
  for (;;) {
    const found = await client.query<{ seq: number }>({
      name: "walk-prefix",
      text: `SELECT seq FROM event_keys WHERE instance_key = $1 AND seq > $2 ORDER BY seq LIMIT ${WALK}`,
      values: [instanceKey, end],
    });
    for (const row of found.rows) {
      if (row.seq !== end + 1) return end;
      end = row.seq;
    }
    if (found.rows.length < WALK) return end;
  }
}
