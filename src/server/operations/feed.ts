import type { Pool, Queryable } from "#server/database/pool.ts";

/** One entry for another authority's systems: what happened where and when, and nothing about whom. */
export type FeedLine = {
  /** Where to go on after this line. */
  readonly cursor: string;
  readonly event_id: string;
  readonly place: string;
  readonly gate: string;
  readonly direction: string | null;
  readonly document_kind: string | null;
  readonly flags: readonly string[];
  /** By the server's clock, as well as it is known; ISO 8601, UTC. */
  readonly corrected_at: string;
  readonly received_at: string;
};

/** A place in the order of arrival. */
export type FeedCursor = { readonly receivedAtMs: number; readonly eventId: string };

const CURSOR = /^(\d{1,15})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const NO_ID = "00000000-0000-0000-0000-000000000000";
/** Arrival is looked through in steps of this, so that a step never sorts more than some hours of a province. */
const STEP_MS = 2 * 3_600_000;
/** Nothing older is there: the retention, and room. */
const OLDEST_MS = 60 * 86_400_000;
/** Arrival is noted before the transaction begins, by the clocks of several servers: this much apart at most. */
const SETTLING_MS = 30_000;

/** Null when it is no cursor of ours. */
export function parseCursor(text: string): FeedCursor | null {
  const [, ms, eventId] = CURSOR.exec(text) ?? [];
  if (ms === undefined || eventId === undefined) return null;
  return { receivedAtMs: Number(ms), eventId };
}

/**
 * Entries in the order of their arrival, after a cursor (null: from the beginning), `limit` at most. What may still be
 * joined by an earlier arrival is not shown yet, so whoever follows the cursors misses nothing and gets nothing twice.
 */
export async function readFeed(
  pool: Pool,
  options: { readonly after: FeedCursor | null; readonly limit: number; readonly nowMs: number },
): Promise<readonly FeedLine[]> {
  const settledMs = await settledUpto(pool, options.nowMs);
  let after = options.after ?? (await beginning(pool, options.nowMs));
  const lines: FeedLine[] = [];
  while (lines.length < options.limit && after.receivedAtMs < settledMs) {
    const uptoMs = Math.min(after.receivedAtMs + STEP_MS, settledMs);
    const wanted = options.limit - lines.length;
    const step = await readStep(pool, { after, uptoMs, limit: wanted });
    lines.push(...step);
    if (step.length < wanted) after = { receivedAtMs: uptoMs, eventId: LAST_ID };
  }
  return lines;
}

const LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/** Everything that arrived up to this moment is committed. */
async function settledUpto(database: Queryable, nowMs: number): Promise<number> {
  const found = await database.query<{ oldest_age_ms: number }>(
    `SELECT coalesce(extract(epoch FROM clock_timestamp() - min(xact_start)) * 1000, 0)::bigint AS oldest_age_ms
     FROM pg_stat_activity WHERE application_name = 'tramqr' AND pid <> pg_backend_pid()`,
  );
  return nowMs - Math.max(0, found.rows[0]?.oldest_age_ms ?? 0) - SETTLING_MS;
}

async function beginning(database: Queryable, nowMs: number): Promise<FeedCursor> {
  const found = await database.query<{ first_ms: number | null }>(
    "SELECT min(first_seen_at_ms) AS first_ms FROM instances",
  );
  const firstMs = found.rows[0]?.first_ms ?? nowMs;
  return { receivedAtMs: Math.max(firstMs - 1, nowMs - OLDEST_MS), eventId: NO_ID };
}

type Row = {
  readonly received_at_ms: number;
  readonly event_id: string;
  readonly place: string;
  readonly gate: string;
  readonly direction: string | null;
  readonly document_kind: string | null;
  readonly flags: readonly string[];
  readonly server_flags: readonly string[];
  readonly corrected_at_ms: number;
};

async function readStep(
  database: Queryable,
  step: { readonly after: FeedCursor; readonly uptoMs: number; readonly limit: number },
): Promise<readonly FeedLine[]> {
  const found = await database.query<Row>(
    `SELECT received_at_ms, event_id, place, gate, direction, document_kind, flags, server_flags, corrected_at_ms
     FROM events
     WHERE type = 'entry' AND received_at_ms BETWEEN $1 AND $3 AND (received_at_ms, event_id) > ($1, $2::uuid)
     ORDER BY received_at_ms, event_id LIMIT $4`,
    [step.after.receivedAtMs, step.after.eventId, step.uptoMs, step.limit],
  );
  return found.rows.map((row) => ({
    cursor: `${row.received_at_ms}.${row.event_id}`,
    event_id: row.event_id,
    place: row.place,
    gate: row.gate,
    direction: row.direction,
    document_kind: row.document_kind,
    flags: [...row.flags, ...row.server_flags],
    corrected_at: new Date(row.corrected_at_ms).toISOString(),
    received_at: new Date(row.received_at_ms).toISOString(),
  }));
}
