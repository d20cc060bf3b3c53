import { createHash, randomUUID } from "node:crypto";
import { filingDay } from "#server/database/days.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Pool } from "#server/database/pool.ts";
import { markForPairing } from "#server/tracing/pairing-work.ts";

/** An entry as ingest and vault leave it behind. */
export type StoredEntry = {
  readonly eventId: string;
  readonly subject: string;
  readonly place: string;
  readonly gate: string;
  readonly direction: "in" | "out";
  readonly isDirectionSeen: boolean;
  readonly atMs: number;
  readonly errorMs: number;
};

/** 32 hex digits for a made-up person. */
export function madeUpSubject(name: string): string {
  return createHash("sha256").update(name).digest("hex").slice(0, 32);
}

export async function addMadeUpPlace(pool: Pool, place: string, type: string | null = null) {
  await pool.query("INSERT INTO places (place, name, type, made_at_ms) VALUES ($1, $2, $3, 0)", [
    place,
    `Cơ sở ${place}`,
    type,
  ]);
}

/** Stores keyed entries in one transaction, without stations and seals; there is real sealing in one test. */
export async function storeEntries(pool: Pool, entries: readonly StoredEntry[]): Promise<void> {
  await inTransaction(pool, async (client) => {
    const ids = entries.map((entry) => entry.eventId);
    const days = entries.map((entry) => filingDay(entry.atMs));
    const zeros = Buffer.alloc(32);
    await client.query(
      `INSERT INTO event_keys (instance_key, seq, event_id, hash, standing, local_day)
       SELECT 1000000, nextval('made_up_seq'), id, $3, 0, day FROM unnest($1::uuid[], $2::date[]) AS e (id, day)`,
      [ids, days, zeros],
    );
    await client.query(
      `INSERT INTO events (local_day, event_id, instance_key, seq, type, place, gate, lane, direction, direction_known,
         flags, server_flags, wall_ms, mono_ms, boot_id, offset_error_ms, corrected_at_ms, policy_version, details,
         prev_hash, received_at_ms)
       SELECT day, id, 1000000, 1, 'entry', place, gate, 'lane-1', direction, known, '{}', '{}', at, 0, 'boot', error, at,
         0, '{}', $8, at
       FROM unnest($1::date[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $9::bigint[])
         AS e (day, id, place, gate, direction, known, at, error)`,
      [
        days,
        ids,
        entries.map((entry) => entry.place),
        entries.map((entry) => entry.gate),
        entries.map((entry) => entry.direction),
        entries.map((entry) => (entry.isDirectionSeen ? "seen" : "assumed")),
        entries.map((entry) => entry.atMs),
        zeros,
        entries.map((entry) => entry.errorMs),
      ],
    );
    await client.query(
      `INSERT INTO event_subjects (local_day, event_id, subject, keyed_at_ms)
       SELECT day, id, decode(subject, 'hex'), 0 FROM unnest($1::date[], $2::uuid[], $3::text[]) AS e (day, id, subject)`,
      [days, ids, entries.map((entry) => entry.subject)],
    );
    await markForPairing(client, ids);
  });
}

export async function prepareMadeUpEntries(pool: Pool): Promise<void> {
  await pool.query("CREATE SEQUENCE made_up_seq");
}

export function entryOf(change: Partial<StoredEntry>): StoredEntry {
  return {
    eventId: randomUUID(),
    subject: madeUpSubject("somebody"),
    place: "p-one",
    gate: "g-one",
    direction: "in",
    isDirectionSeen: true,
    atMs: Date.UTC(2026, 10, 24, 2),
    errorMs: 0,
    ...change,
  };
}
