import { v4 as uuidv4 } from "uuid";
import type { Direction } from "#core/entry.ts";
import { localDay } from "#core/dates.ts";
import type { Clock, Random } from "#core/ports.ts";
import type { EventHeader } from "#contract/wire.ts";
import { GENESIS_HASH, bodyHash, eventHash, headerText } from "#sealing/chain.ts";
import type { Sealer } from "#sealing/sealed-body.ts";
import { CONSENT_VERSION } from "#server/citizens/forms.ts";
import type { CitizenBody } from "#server/citizens/citizen.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";
import { lockInstance } from "#server/ingest/instance-row.ts";
import type { ValidEvent } from "#server/ingest/judge.ts";
import { storeStream } from "#server/ingest/store-stream.ts";

/** What a citizen says of a passage of their own. */
export type SelfEntry = {
  /** UUIDv7 of the form's token: the same token is the same entry. */
  readonly eventId: string;
  /** A registered place, or null: then the code is kept, flagged as unknown. */
  readonly place: string | null;
  readonly placeCode: string;
  readonly direction: Direction;
  readonly citizen: CitizenBody;
};

/** `duplicate`: it was stored already, at `atMs`. */
export type StoredSelfEntry = { readonly kind: "stored" | "duplicate"; readonly atMs: number };

/** The entry book of the citizens' own entries in this process: chained and sealed as a station's is. */
export type SelfStream = { store(entry: SelfEntry): Promise<StoredSelfEntry> };

export type SelfStreamParts = {
  readonly pool: Pool;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly random: Random;
};

/** Stands for a station in the tables; no station has such an id. */
export const SELF_STATION = "self";
/** Marks entries that nobody at the door has seen: they say what is possible, and prove nothing. */
const SELF_DECLARED = "self-declared";

/** One life of a book per server process, so that processes never wait for one another. */
export function createSelfStream(parts: SelfStreamParts): SelfStream {
  const instance = uuidv4({ random: parts.random.bytes(16) });
  return {
    async store(entry) {
      const nowMs = parts.clock.nowMs();
      const sealedBody = parts.sealer.seal(entry.citizen, entry.eventId, localDay(nowMs));
      const draft = { entry, instance, nowMs, monoMs: parts.clock.monoMs(), sealedBody };
      return inTransaction(parts.pool, (client) => storeOnce(client, draft));
    },
  };
}

type Draft = {
  readonly entry: SelfEntry;
  readonly instance: string;
  readonly nowMs: number;
  readonly monoMs: number;
  readonly sealedBody: Uint8Array;
};

async function storeOnce(client: Queryable, draft: Draft): Promise<StoredSelfEntry> {
  const { entry, instance, nowMs } = draft;
  // A form that is sent twice in one moment, perhaps to two processes.
  await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [entry.eventId]);
  const earlierMs = await findStored(client, entry.eventId);
  if (earlierMs !== null) return { kind: "duplicate", atMs: earlierMs };
  const head = await lockInstance(client, SELF_STATION, instance, nowMs);
  const prevHash = head.headHash?.toString("hex") ?? GENESIS_HASH;
  const event = eventOf(draft, head.headSeq + 1, prevHash);
  const serverFlags = entry.place === null ? ["unknown-place"] : [];
  const batch = { station: SELF_STATION, instance, events: [event], lines: [] };
  const context = { nowMs, boots: new Map<string, number>(), serverFlags: () => serverFlags };
  await storeStream(client, batch, context);
  return { kind: "stored", atMs: nowMs };
}

async function findStored(client: Queryable, eventId: string): Promise<number | null> {
  const found = await client.query<{ received_at_ms: number }>(
    `WITH k AS MATERIALIZED (SELECT local_day, event_id FROM event_keys WHERE event_id = $1)
     SELECT e.received_at_ms FROM k JOIN events e ON e.local_day = k.local_day AND e.event_id = k.event_id`,
    [eventId],
  );
  return found.rows[0]?.received_at_ms ?? null;
}

function eventOf(draft: Draft, seq: number, prevHash: string): ValidEvent {
  const { entry, instance, nowMs, sealedBody } = draft;
  const header: EventHeader = {
    event_id: entry.eventId,
    station: SELF_STATION,
    instance,
    seq,
    boot_id: instance,
    mono_ms: Math.round(draft.monoMs),
    wall_ms: nowMs,
    offset_ms: 0,
    offset_error_ms: 0,
    type: "entry",
    place: entry.place ?? `code-${entry.placeCode}`,
    gate: SELF_STATION,
    lane: SELF_STATION,
    direction: entry.direction,
    direction_known: "seen",
    document_kind: "self",
    flags: [SELF_DECLARED],
    policy_version: 0,
    details: { place_code: entry.placeCode, consent: CONSENT_VERSION },
    body_hash: bodyHash(sealedBody),
    prev_hash: prevHash,
  };
  const text = headerText(header);
  return { header, hash: eventHash(text), sealedBody, extra: null, raw: Buffer.from(text, "utf8") };
}
