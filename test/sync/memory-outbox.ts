import type { BookHead, InstanceReason, Outbox, PendingEvent } from "#core/outbox.ts";
import type { EventHeader } from "#contract/wire.ts";
import { GENESIS_HASH, bodyHash, eventHash, headerText } from "#sealing/chain.ts";

/** An outbox in memory that keeps every promise of the real one; tests look behind it. */
export type MemoryOutbox = Outbox & {
  /** A durable entry; returns its id. */
  add(): string;
  /** Every event of the book with its state, oldest first. */
  events(): readonly StoredEvent[];
  acknowledgedIds(): readonly string[];
  instanceReasons(): readonly InstanceReason[];
  /** The book as it is now, as a disk image would carry it elsewhere. */
  clone(): MemoryOutbox;
};

export type StoredEvent = PendingEvent & {
  readonly wallMs: number;
  isAcknowledged: boolean;
  isErased: boolean;
  restsUntilMs: number;
};

type Book = {
  head: BookHead;
  readonly events: StoredEvent[];
  readonly reasons: InstanceReason[];
  nextId: number;
};

let instances = 0;

export function createMemoryOutbox(station = "station-1"): MemoryOutbox {
  const head = { instance: newInstanceId(), seq: 0, hash: GENESIS_HASH };
  return outboxOver({ head, events: [], reasons: [], nextId: 1 }, station);
}

function outboxOver(book: Book, station: string): MemoryOutbox {
  const pending = () => book.events.filter((event) => !event.isAcknowledged);

  return {
    head: () => book.head,
    acknowledgedUpto() {
      const own = book.events.filter((event) => event.instance === book.head.instance);
      const first = own.find((event) => !event.isAcknowledged);
      return first === undefined ? book.head.seq : first.seq - 1;
    },
    pendingCount: () => pending().length,
    oldestPendingMs: () => pending()[0]?.wallMs ?? null,
    nextBatch(maxEvents, maxBytes, nowMs) {
      const fresh = pending().filter((event) => event.restsUntilMs === 0);
      const rested = pending().filter((event) => event.restsUntilMs <= nowMs);
      return fit(fresh.length > 0 ? fresh : rested, maxEvents, maxBytes);
    },
    acknowledge(eventIds) {
      const asked = new Set(eventIds);
      const marked = pending().filter((event) => asked.has(event.eventId));
      for (const event of marked) event.isAcknowledged = true;
      return marked.length;
    },
    resendAfter(instance, seq) {
      const again = book.events.filter(
        (event) =>
          event.instance === instance && event.seq > seq && event.isAcknowledged && !event.isErased,
      );
      for (const event of again) Object.assign(event, { isAcknowledged: false, restsUntilMs: 0 });
      return again.length;
    },
    setAside(eventId, untilMs) {
      for (const event of book.events) if (event.eventId === eventId) event.restsUntilMs = untilMs;
    },
    startInstance(reason) {
      book.reasons.push(reason);
      book.head = { instance: newInstanceId(), seq: 0, hash: GENESIS_HASH };
      return book.head;
    },
    add: () => append(book, station),
    events: () => book.events,
    acknowledgedIds: () =>
      book.events.filter((event) => event.isAcknowledged).map((event) => event.eventId),
    instanceReasons: () => book.reasons,
    clone: () => outboxOver(structuredClone(book), station),
  };
}

function append(book: Book, station: string): string {
  const seq = book.head.seq + 1;
  const eventId = uuidFrom(Math.floor(Math.random() * 2 ** 40), book.nextId);
  const sealedBody = new Uint8Array(Buffer.from(`sealed body ${book.nextId}`.repeat(8)));
  const wallMs = Date.UTC(2026, 10, 24, 5, 0, book.nextId);
  const text = headerText(header({ eventId, station, seq, wallMs }, book.head, sealedBody));
  const hash = eventHash(text);
  const position = { eventId, instance: book.head.instance, seq, headerText: text, hash };
  const fresh = { isAcknowledged: false, isErased: false, restsUntilMs: 0 };
  book.events.push({ ...position, sealedBody, wallMs, ...fresh });
  book.head = { instance: book.head.instance, seq, hash };
  book.nextId += 1;
  return eventId;
}

type Facts = { eventId: string; station: string; seq: number; wallMs: number };

function header(facts: Facts, head: BookHead, sealedBody: Uint8Array): EventHeader {
  return {
    event_id: facts.eventId,
    station: facts.station,
    instance: head.instance,
    seq: facts.seq,
    boot_id: "boot-1",
    mono_ms: facts.wallMs % 1_000_000,
    wall_ms: facts.wallMs,
    offset_ms: null,
    offset_error_ms: null,
    type: "entry",
    place: "place-1",
    gate: "gate-1",
    lane: "lane-1",
    direction: "in",
    direction_known: "seen",
    document_kind: "cccd",
    flags: ["name-needs-checking"],
    policy_version: 1,
    details: { note: "chữ “có dấu”" },
    body_hash: bodyHash(sealedBody),
    prev_hash: head.hash,
  };
}

function fit(
  events: readonly PendingEvent[],
  maxEvents: number,
  maxBytes: number,
): readonly PendingEvent[] {
  const batch: PendingEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    bytes += event.headerText.length + (event.sealedBody?.length ?? 0) * 1.4 + 100;
    if (batch.length === maxEvents || event.instance !== (batch[0] ?? event).instance) break;
    if (batch.length > 0 && bytes > maxBytes) break;
    batch.push(event);
  }
  return batch;
}

function newInstanceId(): string {
  instances += 1;
  return uuidFrom(instances, 0);
}

function uuidFrom(high: number, low: number): string {
  const left = high.toString(16).padStart(12, "0");
  const right = low.toString(16).padStart(12, "0");
  return `${left.slice(0, 8)}-${left.slice(8, 12)}-7000-8000-${right}`;
}
