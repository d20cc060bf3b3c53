import {
  bigintArray,
  byteaArray,
  dateArray,
  hexArray,
  textArray,
  uuidArray,
} from "#server/database/binary-array.ts";
import { filingDayNumber } from "#server/database/days.ts";
import type { Queryable } from "#server/database/pool.ts";
import type { ValidEvent } from "#server/ingest/judge.ts";

/** A valid event with what the server adds to it. */
export type EventRow = {
  readonly event: ValidEvent;
  readonly correctedAtMs: number;
  readonly serverFlags: readonly string[];
};

/** A column of the statement's batch: its type, and the array of its values. */
type Column = {
  readonly name: string;
  readonly type: "bigint" | "uuid" | "bytea" | "date" | "text";
  arrayOf(rows: readonly EventRow[]): Buffer;
};

/** In the order of the statement's arrays. */
const columns: readonly Column[] = [
  numbers("seq", ({ header }) => header.seq),
  {
    name: "event_id",
    type: "uuid",
    arrayOf: (rows) => uuidArray(rows.map(({ event }) => event.header.event_id)),
  },
  hashes("hash", ({ hash }) => hash),
  {
    name: "local_day",
    type: "date",
    arrayOf: (rows) => dateArray(rows.map((row) => filingDayNumber(row.correctedAtMs))),
  },
  texts("type", ({ header }) => header.type),
  texts("place", ({ header }) => header.place),
  texts("gate", ({ header }) => header.gate),
  texts("lane", ({ header }) => header.lane),
  texts("direction", ({ header }) => header.direction),
  texts("direction_known", ({ header }) => header.direction_known),
  texts("document_kind", ({ header }) => header.document_kind),
  texts("flags", ({ header }) => arrayText(header.flags)),
  texts("server_flags", (_event, { serverFlags }) => arrayText(serverFlags)),
  numbers("wall_ms", ({ header }) => header.wall_ms),
  numbers("mono_ms", ({ header }) => header.mono_ms),
  texts("boot_id", ({ header }) => header.boot_id),
  numbers("offset_ms", ({ header }) => header.offset_ms),
  numbers("offset_error_ms", ({ header }) => header.offset_error_ms),
  numbers("corrected_at_ms", (_event, { correctedAtMs }) => correctedAtMs),
  numbers("policy_version", ({ header }) => header.policy_version),
  texts("details", ({ header }) => JSON.stringify(header.details)),
  texts("extra", ({ extra }) => (extra === null ? null : JSON.stringify(extra))),
  hashes("body_hash", ({ header }) => header.body_hash),
  hashes("prev_hash", ({ header }) => header.prev_hash),
  {
    name: "sealed_body",
    type: "bytea",
    arrayOf: (rows) => byteaArray(rows.map(({ event }) => event.sealedBody)),
  },
];

/** Arrays of arrays would be flattened on their way, and JSON has its own type: both travel as text. */
const casts: Readonly<Record<string, string>> = {
  flags: "batch.flags::text[]",
  server_flags: "batch.server_flags::text[]",
  details: "batch.details::json",
  extra: "batch.extra::json",
};

const eventColumns = columns.map(({ name }) => name).filter((name) => name !== "hash");

/** The batch as a table, its arrays beginning at the statement's parameter `first`. */
export function batchTable(first: number): string {
  const arrays = columns.map(({ type }, index) => `$${index + first}::${type}[]`);
  return `unnest(${arrays.join(", ")}) AS batch (${columns.map(({ name }) => name).join(", ")})`;
}

/** The parameters of {@link batchTable}. */
export function batchArrays(rows: readonly EventRow[]): readonly Buffer[] {
  return columns.map((column) => column.arrayOf(rows));
}

/** Columns of `event_keys` and of `events` that are filled from the batch, and with what. */
export const keyColumns = "seq, event_id, hash, standing, local_day";
export const keyValues = "seq, event_id, hash, 0, local_day";
export const eventColumnList = eventColumns.join(", ");
export const eventValues = eventColumns.map((name) => casts[name] ?? `batch.${name}`).join(", ");

/** Keys decide what is new, events follow in the same statement. Returns the seqs that were new. */
const INSERT = `
  WITH batch AS (SELECT * FROM ${batchTable(3)}), taken AS (
    INSERT INTO event_keys (instance_key, ${keyColumns})
    SELECT $1, ${keyValues} FROM batch ORDER BY event_id
    ON CONFLICT DO NOTHING RETURNING seq
  )
  INSERT INTO events (instance_key, received_at_ms, ${eventColumnList})
  SELECT $1, $2, ${eventValues}
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
    values: [instanceKey, nowMs, ...batchArrays(rows)],
  });
  return new Set(inserted.rows.map((row) => row.seq));
}

type ValueOf<T> = (event: ValidEvent, row: EventRow) => T | null;

function numbers(name: string, valueOf: ValueOf<number>): Column {
  return {
    name,
    type: "bigint",
    arrayOf: (rows) => bigintArray(rows.map((row) => valueOf(row.event, row))),
  };
}

function texts(name: string, valueOf: ValueOf<string>): Column {
  return {
    name,
    type: "text",
    arrayOf: (rows) => textArray(rows.map((row) => valueOf(row.event, row))),
  };
}

function hashes(name: string, valueOf: ValueOf<string>): Column {
  return {
    name,
    type: "bytea",
    arrayOf: (rows) => hexArray(rows.map((row) => valueOf(row.event, row))),
  };
}

/** PostgreSQL's text form of an array. */
function arrayText(items: readonly string[]): string {
  if (items.length === 0) return "{}";
  const quoted = items.map((item) => `"${item.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`);
  return `{${quoted.join(",")}}`;
}
