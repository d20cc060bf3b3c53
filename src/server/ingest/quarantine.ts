import { createHash } from "node:crypto";
import type { Queryable } from "#server/database/pool.ts";
import type { QuarantinedLine } from "#server/ingest/judge.ts";

/** Keeps lines byte for byte; the same bytes of the same station are kept once. */
export async function quarantineLines(
  client: Queryable,
  station: string,
  nowMs: number,
  lines: readonly QuarantinedLine[],
): Promise<void> {
  if (lines.length === 0) return;
  await client.query(
    `INSERT INTO quarantine (station, received_at_ms, raw_sha256, raw, reason, event_id, instance, seq)
     SELECT $1, $2, held.* FROM unnest($3::bytea[], $4::bytea[], $5::text[], $6::uuid[], $7::uuid[], $8::bigint[]) AS held
     ON CONFLICT DO NOTHING`,
    [
      station,
      nowMs,
      lines.map((line) => rawHash(line.raw)),
      lines.map((line) => Buffer.from(line.raw)),
      lines.map((line) => line.reason),
      lines.map((line) => line.claim.eventId),
      lines.map((line) => line.claim.instance),
      lines.map((line) => line.claim.seq),
    ],
  );
}

/** Notes that events which waited in quarantine are stored now. */
export async function markStored(
  client: Queryable,
  station: string,
  nowMs: number,
  eventIds: readonly string[],
): Promise<void> {
  await client.query(
    `UPDATE quarantine SET stored_at_ms = $2
     WHERE station = $1 AND event_id = ANY($3::uuid[]) AND stored_at_ms IS NULL`,
    [station, nowMs, eventIds],
  );
}

export function rawHash(raw: Uint8Array): Buffer {
  return createHash("sha256").update(raw).digest();
}
