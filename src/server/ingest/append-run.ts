import { isDataRefused, isNotSupported, isRetryable } from "#server/database/errors.ts";
import type { Queryable } from "#server/database/pool.ts";
import {
  batchArrays,
  batchTable,
  eventColumnList,
  eventValues,
  keyColumns,
  keyValues,
} from "#server/ingest/event-rows.ts";
import type { EventRow } from "#server/ingest/event-rows.ts";
import type { SealedRange } from "#server/ingest/instance-row.ts";
import type { Judged, ValidEvent } from "#server/ingest/judge.ts";

/** A batch that continues its stream event by event, each bound to the one before it. */
export type Run = {
  readonly instance: string;
  /** Not empty, in the order of their seqs. */
  readonly events: readonly ValidEvent[];
};

/**
 * The batch as a run, if it is one: whole events of one instance without a gap, a repetition or a broken link, and none
 * that changes what was stored before. Null for everything else.
 */
export function runOf(judged: readonly Judged[]): Run | null {
  const events: ValidEvent[] = [];
  const ids = new Set<string>();
  for (const one of judged) {
    if (one.kind === "quarantined" || one.event.header.type === "undo") return null;
    const before = events.at(-1);
    if (before !== undefined && !continues(one.event, before)) return null;
    ids.add(one.event.header.event_id);
    events.push(one.event);
  }
  const [first] = events;
  // The first event of an instance makes its row as well.
  if (first === undefined || first.header.seq === 1 || ids.size < events.length) return null;
  return { instance: first.header.instance, events };
}

function continues({ header }: ValidEvent, before: ValidEvent): boolean {
  return (
    header.instance === before.header.instance &&
    header.seq === before.header.seq + 1 &&
    header.prev_hash === before.hash
  );
}

/** All of it in one statement, which is its own transaction; nothing of it unless the stream ends just before the batch. */
const APPEND = `
  WITH stream AS (
    UPDATE instances SET contiguous_upto = $5, head_seq = $5, head_hash = $6, last_batch_at_ms = $7
    WHERE station = $1 AND instance = $2 AND head_seq = $3 AND contiguous_upto = $3 AND head_hash = $4
    RETURNING instance_key
  ), work AS (
    INSERT INTO vault_work (instance_key, first_seq, last_seq)
    SELECT instance_key, $8::bigint, $9::bigint FROM stream WHERE $8 IS NOT NULL
  ), batch AS (
    SELECT * FROM stream, ${batchTable(10)}
  ), keys AS (
    INSERT INTO event_keys (instance_key, ${keyColumns})
    SELECT instance_key, ${keyValues} FROM batch ORDER BY event_id
  )
  INSERT INTO events (instance_key, received_at_ms, ${eventColumnList})
  SELECT instance_key, $7, ${eventValues} FROM batch`;

/** Where a run goes. */
export type Appending = {
  readonly station: string;
  readonly instance: string;
  readonly nowMs: number;
  /** In the order of their seqs. */
  readonly rows: readonly EventRow[];
  readonly sealed: SealedRange | null;
};

/**
 * Stores a whole run at the end of its stream, durable when it returns. False when anything is not as in the common case
 * (the stream ends elsewhere, an id is taken, PostgreSQL refuses a value, a cluster the statement): then nothing was stored.
 */
export async function appendRun(database: Queryable, run: Appending): Promise<boolean> {
  const { station, instance, nowMs, rows, sealed } = run;
  const [first, last] = [rows[0]?.event, rows.at(-1)?.event];
  if (first === undefined || last === undefined) return false;
  try {
    const stored = await database.query({
      name: "append-run",
      text: APPEND,
      values: [
        station,
        instance,
        first.header.seq - 1,
        Buffer.from(first.header.prev_hash, "hex"),
        last.header.seq,
        Buffer.from(last.hash, "hex"),
        nowMs,
        sealed?.firstSeq ?? null,
        sealed?.lastSeq ?? null,
        ...batchArrays(rows),
      ],
    });
    return stored.rowCount === rows.length;
  } catch (cause) {
    if (isDataRefused(cause) || isRetryable(cause) || isNotSupported(cause)) return false;
    throw cause;
  }
}
