import type { EventHeader } from "#core/entry.ts";
import { filingDay } from "#server/database/days.ts";
import type { Queryable } from "#server/database/pool.ts";

/** A person whose visits around some times must be paired again. */
export type Touched = { readonly subject: string; readonly timesMs: readonly number[] };

/** A part of the queue. */
export type PairingWork = {
  readonly workIds: readonly number[];
  readonly eventIds: readonly string[];
};

type StoredEvent = {
  readonly event: { readonly header: EventHeader };
  readonly correctedAtMs: number;
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Serialises the processes that pair. Any number of our own. */
const PAIRING_LOCK = 7_418_032;
/** The days of the events `$1`. Read first and by itself: a cluster files keys and events by different columns. */
const KEYS_OF_EVENTS = `k AS MATERIALIZED (
             SELECT local_day, event_id FROM event_keys WHERE event_id = ANY($1::uuid[]))`;

/**
 * Notes which of newly stored events take an entry back, and has that entry's person paired again. Inside the
 * transaction that stores them. The entry itself may come later.
 */
export async function noteUndone(client: Queryable, stored: readonly StoredEvent[]): Promise<void> {
  const undone = stored.flatMap(({ event: { header }, correctedAtMs }) => {
    const target = header.type === "undo" ? header.details["target"] : undefined;
    if (typeof target !== "string" || !UUID.test(target)) return [];
    const localDay = filingDay(correctedAtMs);
    return [{ target, eventId: header.event_id, station: header.station, localDay }];
  });
  if (undone.length === 0) return;
  await client.query(
    `INSERT INTO undone_entries (target, event_id, station, local_day)
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::date[]) ON CONFLICT DO NOTHING`,
    [
      undone.map((one) => one.target),
      undone.map((one) => one.eventId),
      undone.map((one) => one.station),
      undone.map((one) => one.localDay),
    ],
  );
  await markForPairing(
    client,
    undone.map((one) => one.target),
  );
}

/** Has the persons of events paired again. Inside the transaction that changes what is known of them. */
export async function markForPairing(
  client: Queryable,
  eventIds: readonly string[],
): Promise<void> {
  if (eventIds.length === 0) return;
  await client.query({
    name: "mark-for-pairing",
    text: "INSERT INTO pairing_work (event_id) SELECT * FROM unnest($1::uuid[])",
    values: [eventIds],
  });
}

/**
 * The oldest part of the queue, for this transaction alone: two processes that paired one person at the same time
 * could each miss what the other read. Null while another process pairs.
 */
export async function takePairingWork(
  client: Queryable,
  limit: number,
): Promise<PairingWork | null> {
  const locked = await client.query<{ is_ours: boolean }>(
    "SELECT pg_try_advisory_xact_lock($1) AS is_ours",
    [PAIRING_LOCK],
  );
  if (locked.rows[0]?.is_ours !== true) return null;
  const found = await client.query<{ work_id: number; event_id: string }>({
    name: "take-pairing-work",
    text: "SELECT work_id, event_id FROM pairing_work ORDER BY work_id LIMIT $1",
    values: [limit],
  });
  return {
    workIds: found.rows.map((row) => row.work_id),
    eventIds: [...new Set(found.rows.map((row) => row.event_id))],
  };
}

export async function finishPairingWork(client: Queryable, work: PairingWork): Promise<void> {
  await client.query({
    name: "finish-pairing-work",
    text: "DELETE FROM pairing_work WHERE work_id = ANY($1::bigint[])",
    values: [work.workIds],
  });
}

/** No process pairs until the end of the caller's transaction; waits for the one that does. */
export async function holdPairing(client: Queryable): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock($1)", [PAIRING_LOCK]);
}

/**
 * Has every visit at these places paired again whose entry or exit was guessed: hours or type of the place have changed.
 * Inside the transaction that changes them; no process pairs by the old ones afterwards.
 */
export async function pairPlacesAgain(client: Queryable, places: readonly string[]): Promise<void> {
  if (places.length === 0) return;
  await holdPairing(client);
  await client.query(
    `INSERT INTO pairing_work (event_id) SELECT event_id FROM visits
     WHERE place = ANY($1) AND (exit_known <> 'seen' OR NOT is_entry_seen)`,
    [places],
  );
}

/** Has every visit through a gate paired again, because it leads into another zone. As {@link pairPlacesAgain}. */
export async function pairGateAgain(client: Queryable, gate: string): Promise<void> {
  await holdPairing(client);
  await client.query(
    `INSERT INTO pairing_work (event_id) SELECT v.event_id FROM visits v JOIN gates g USING (place)
     WHERE g.gate = $1 AND v.gate = $1`,
    [gate],
  );
}

/** Whose events these are, and when they were; events that the vault has not keyed are marked again when it has. */
export async function findTouched(
  client: Queryable,
  eventIds: readonly string[],
): Promise<readonly Touched[]> {
  const found = await client.query<{ subject: string; corrected_at_ms: number }>({
    name: "find-touched",
    text: `WITH ${KEYS_OF_EVENTS}
           SELECT encode(s.subject, 'hex') AS subject, e.corrected_at_ms
           FROM k
           JOIN event_subjects s ON s.local_day = k.local_day AND s.event_id = k.event_id
           JOIN events e ON e.local_day = k.local_day AND e.event_id = k.event_id
           WHERE s.subject IS NOT NULL`,
    values: [eventIds],
  });
  const times = new Map<string, number[]>();
  for (const { subject, corrected_at_ms } of found.rows) {
    const known = times.get(subject);
    if (known === undefined) times.set(subject, [corrected_at_ms]);
    else known.push(corrected_at_ms);
  }
  return [...times].map(([subject, timesMs]) => ({ subject, timesMs }));
}

/** Notes in which hours the gates of these events have recorded somebody. */
export async function noteHeardHours(
  client: Queryable,
  eventIds: readonly string[],
): Promise<void> {
  await client.query({
    name: "note-heard-hours",
    text: `WITH ${KEYS_OF_EVENTS}
           INSERT INTO heard_hours (gate, hour_ms, place)
           SELECT DISTINCT e.gate, e.corrected_at_ms / 3600000 * 3600000, e.place
           FROM k JOIN events e ON e.local_day = k.local_day AND e.event_id = k.event_id
           ORDER BY 1, 2
           ON CONFLICT DO NOTHING`,
    values: [eventIds],
  });
}
