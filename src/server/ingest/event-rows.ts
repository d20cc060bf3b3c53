import type { Queryable } from "#server/database/pool.ts";
import type { ValidEvent } from "#server/ingest/judge.ts";

/** A valid event with what the server adds to it. */
export type EventRow = {
  readonly event: ValidEvent;
  readonly localDay: string;
  readonly correctedAtMs: number;
  readonly serverFlags: readonly string[];
};

/** How a row's columns are filled, in the order of the statement's arrays. */
const columns: readonly (readonly [
  name: string,
  type: string,
  value: (row: EventRow) => unknown,
])[] = [
  ["seq", "bigint", (row) => row.event.header.seq],
  ["event_id", "uuid", (row) => row.event.header.event_id],
  ["hash", "bytea", (row) => bytes(row.event.hash)],
  ["local_day", "date", (row) => row.localDay],
  ["type", "text", (row) => row.event.header.type],
  ["place", "text", (row) => row.event.header.place],
  ["gate", "text", (row) => row.event.header.gate],
  ["lane", "text", (row) => row.event.header.lane],
  ["direction", "text", (row) => row.event.header.direction],
  ["direction_known", "text", (row) => row.event.header.direction_known],
  ["document_kind", "text", (row) => row.event.header.document_kind],
  ["flags", "text", (row) => textArray(row.event.header.flags)],
  ["server_flags", "text", (row) => textArray(row.serverFlags)],
  ["wall_ms", "bigint", (row) => row.event.header.wall_ms],
  ["mono_ms", "bigint", (row) => row.event.header.mono_ms],
  ["boot_id", "text", (row) => row.event.header.boot_id],
  ["offset_ms", "bigint", (row) => row.event.header.offset_ms],
  ["offset_error_ms", "bigint", (row) => row.event.header.offset_error_ms],
  ["corrected_at_ms", "bigint", (row) => row.correctedAtMs],
  ["policy_version", "bigint", (row) => row.event.header.policy_version],
  ["details", "text", (row) => JSON.stringify(row.event.header.details)],
  ["extra", "text", (row) => (row.event.extra === null ? null : JSON.stringify(row.event.extra))],
  ["body_hash", "bytea", (row) => bytes(row.event.header.body_hash)],
  ["prev_hash", "bytea", (row) => bytes(row.event.header.prev_hash)],
  ["sealed_body", "bytea", (row) => row.event.sealedBody],
];

/** Arrays of arrays would be flattened on their way, and JSON has its own type: both travel as text. */
const casts: Readonly<Record<string, string>> = {
  flags: "batch.flags::text[]",
  server_flags: "batch.server_flags::text[]",
  details: "batch.details::json",
  extra: "batch.extra::json",
};

const eventColumns = columns.map(([name]) => name).filter((name) => name !== "hash");

/** Keys decide what is new, events follow in the same statement. Returns the seqs that were new. */
const INSERT = `
  WITH batch AS (
    SELECT * FROM unnest(${columns.map(([, type], index) => `$${index + 3}::${type}[]`).join(", ")})
      AS batch (${columns.map(([name]) => name).join(", ")})
  ), taken AS (
    INSERT INTO event_keys (instance_key, seq, event_id, hash, standing, local_day)
    SELECT $1, seq, event_id, hash, 0, local_day FROM batch ORDER BY event_id
    ON CONFLICT DO NOTHING RETURNING seq
  )
  INSERT INTO events (instance_key, received_at_ms, ${eventColumns.join(", ")})
  SELECT $1, $2, ${eventColumns.map((name) => casts[name] ?? `batch.${name}`).join(", ")}
  FROM batch JOIN taken ON taken.seq = batch.seq
  RETURNING seq`;

/**
 * Stores the events whose id and whose place in the stream are both free. No two of `rows` share an id or a seq.
 * Returns the seqs that were stored.
 */
export async function insertEvents(
  client: Queryable,
  instanceKey: number,
  nowMs: number,
  rows: readonly EventRow[],
): Promise<ReadonlySet<number>> {
  if (rows.length === 0) return new Set();
  const inserted = await client.query<{ seq: number }>({
    name: "insert-events",
    text: INSERT,
    values: [instanceKey, nowMs, ...columns.map(([, , value]) => rows.map(value))],
  });
  return new Set(inserted.rows.map((row) => row.seq));
}

function bytes(hex: string | null): Buffer | null {
  return hex === null ? null : Buffer.from(hex, "hex");
}

/** PostgreSQL's text form of an array. */
function textArray(items: readonly string[]): string {
  const quoted = items.map((item) => `"${item.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`);
  return `{${quoted.join(",")}}`;
}
