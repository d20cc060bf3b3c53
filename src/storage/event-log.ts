import type Database from "better-sqlite3";
import { headerOf } from "#core/entry.ts";
import type { BookOwner, EventChain, EventDraft } from "#core/entry.ts";
import type { BookHead, InstanceReason, PendingEvent } from "#core/outbox.ts";

/** Where the next event goes: after this number of the whole book and this head of the instance. */
export type LogEnd = { readonly number: number; readonly head: BookHead };

/** The `events` and `instances` tables over one open database: append, queue, acknowledge. */
export type EventLog = {
  /** Null while there is no instance. */
  end(): LogEnd | null;
  /** Appends inside the caller's transaction; `previousEvent` links a person's passages. */
  append(draft: EventDraft, owner: BookOwner, after: LogEnd, previousEvent: number | null): LogEnd;
  /** Whether the newest event is this one: what a writer asks after a write that failed. */
  isNewest(eventId: string): boolean;
  startInstance(instance: string, station: string, reason: InstanceReason, atMs: number): void;
  acknowledgedUpto(head: BookHead): number;
  pendingCount(): number;
  oldestPendingMs(): number | null;
  pending(maxEvents: number, nowMs: number): readonly LoggedEvent[];
  /** The number of a pending event; null when there is none of this id. Looks through all that is pending. */
  numberOfPending(eventId: string): number | null;
  /** Returns 1 when the event was pending, else 0. */
  acknowledge(number: number, nowMs: number): number;
  resendAfter(instance: string, seq: number): number;
  setAside(number: number, untilMs: number): void;
  /** Of the events after number `after`, up to `upto`, those that were acknowledged before then. */
  eraseSealedBodies(acknowledgedBeforeMs: number, after: number, upto: number): void;
  /** Every event in order, for verification. */
  all(): IterableIterator<LoggedEvent>;
};

/** An event as it lies in the book. */
export type LoggedEvent = PendingEvent & { readonly number: number };

/** Prepares the statements over one open database. */
export function openEventLog(db: Database.Database, chain: EventChain): EventLog {
  const instanceNumber = db.prepare("SELECT number FROM instances WHERE instance = ?").pluck();
  const insert = db.prepare(
    `INSERT INTO events (number, instance, seq, event_id, type, wall_at_ms, header_text, hash, sealed_body,
       person_key, previous_event, direction, boot_id, mono_ms, has_notice, name, folded_name, masked_number, birth_year)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const newest = db.prepare("SELECT event_id FROM events ORDER BY number DESC LIMIT 1").pluck();
  const newInstance = db.prepare(
    "INSERT INTO instances (instance, station, reason, started_at_ms) VALUES (?, ?, ?, ?)",
  );

  return {
    ...openQueue(db),
    end: () => readEnd(db, chain),
    append(draft, owner, after, previousEvent) {
      const { head } = after;
      const body = draft.sealedBody === null ? null : chain.bodyHash(draft.sealedBody);
      const seq = head.seq + 1;
      const number = after.number + 1;
      const position = { instance: head.instance, seq, prevHash: head.hash };
      const text = chain.headerText(headerOf(draft, owner, position, body));
      const hash = chain.eventHash(text);
      const { eventId, type, wallMs, sealedBody } = draft;
      const fixed = [number, instanceNumber.get(head.instance), seq, eventId, type, wallMs];
      insert.run(...fixed, text, hash, sealedBody, ...passageColumns(draft, previousEvent));
      return { number, head: { instance: head.instance, seq, hash } };
    },
    isNewest: (eventId) => newest.get() === eventId,
    startInstance(instance, station, reason, atMs) {
      newInstance.run(instance, station, reason, atMs);
    },
    all: () => allEvents(db),
  };
}

/** The station's own memory of a passage; nulls for events that are none. */
function passageColumns(draft: EventDraft, previousEvent: number | null): readonly unknown[] {
  const { readable } = draft;
  if (draft.type !== "entry" || readable === null) return Array.from({ length: 10 }, () => null);
  return [
    readable.personKey,
    previousEvent,
    draft.direction,
    draft.bootId,
    draft.monoMs,
    draft.flags.length > 0 ? 1 : 0,
    readable.name,
    readable.foldedName,
    readable.maskedNumber,
    readable.birthYear,
  ];
}

type Queue = Pick<
  EventLog,
  | "acknowledgedUpto"
  | "pendingCount"
  | "oldestPendingMs"
  | "pending"
  | "numberOfPending"
  | "acknowledge"
  | "resendAfter"
  | "setAside"
  | "eraseSealedBodies"
>;

const EVENT_COLUMNS =
  "e.number, e.event_id, i.instance, e.seq, e.header_text, e.hash, e.sealed_body";
const PENDING = "FROM events INDEXED BY events_pending WHERE acknowledged_at_ms IS NULL";

function openQueue(db: Database.Database): Queue {
  const firstPending = db
    .prepare(
      `SELECT seq ${PENDING} AND instance = (SELECT number FROM instances WHERE instance = ?)
       ORDER BY number LIMIT 1`,
    )
    .pluck();
  const count = db.prepare(`SELECT count(*) ${PENDING}`).pluck();
  const oldest = db.prepare(`SELECT wall_at_ms ${PENDING} ORDER BY number LIMIT 1`).pluck();
  const find = db
    .prepare(`SELECT number ${PENDING} AND event_id = ? ORDER BY number LIMIT 1`)
    .pluck();
  const pending = db.prepare(
    `SELECT ${EVENT_COLUMNS} FROM events e INDEXED BY events_pending JOIN instances i ON i.number = e.instance
     WHERE e.acknowledged_at_ms IS NULL AND e.set_aside_until_ms <= ? ORDER BY e.number LIMIT ?`,
  );
  const acknowledge = db.prepare(
    "UPDATE events SET acknowledged_at_ms = ? WHERE number = ? AND acknowledged_at_ms IS NULL",
  );
  const resend = db.prepare(
    `UPDATE events SET acknowledged_at_ms = NULL, set_aside_until_ms = 0
     WHERE instance = (SELECT number FROM instances WHERE instance = ?) AND seq > ?
       AND acknowledged_at_ms IS NOT NULL`,
  );
  const aside = db.prepare("UPDATE events SET set_aside_until_ms = ? WHERE number = ?");
  const erase = db.prepare(
    `UPDATE events SET sealed_body = NULL
     WHERE number > ? AND number <= ? AND acknowledged_at_ms < ? AND sealed_body IS NOT NULL`,
  );

  return {
    acknowledgedUpto(head) {
      const first = firstPending.get(head.instance);
      return first === undefined ? head.seq : Number(first) - 1;
    },
    pendingCount: () => Number(count.get()),
    oldestPendingMs: () => numberOrNull(oldest.get()),
    pending: (maxEvents, nowMs) => pending.all(nowMs, maxEvents).map(eventFromRow),
    numberOfPending: (eventId) => numberOrNull(find.get(eventId)),
    acknowledge: (number, nowMs) => acknowledge.run(nowMs, number).changes,
    resendAfter: (instance, seq) => resend.run(instance, seq).changes,
    setAside(number, untilMs) {
      aside.run(untilMs, number);
    },
    eraseSealedBodies(acknowledgedBeforeMs, after, upto) {
      erase.run(after, upto, acknowledgedBeforeMs);
    },
  };
}

function numberOrNull(value: unknown): number | null {
  return value === undefined ? null : Number(value);
}

function readEnd(db: Database.Database, chain: EventChain): LogEnd | null {
  const row = db
    .prepare(
      `SELECT i.instance, e.seq, e.hash FROM instances i
       LEFT JOIN (SELECT instance, seq, hash FROM events ORDER BY number DESC LIMIT 1) e ON e.instance = i.number
       ORDER BY i.number DESC LIMIT 1`,
    )
    .get() as { instance: string; seq: number | null; hash: string | null } | undefined;
  if (row === undefined) return null;
  const number = Number(db.prepare("SELECT coalesce(max(number), 0) FROM events").pluck().get());
  const head = { instance: row.instance, seq: row.seq ?? 0, hash: row.hash ?? chain.genesis };
  return { number, head };
}

function* allEvents(db: Database.Database): IterableIterator<LoggedEvent> {
  const rows = db
    .prepare(
      `SELECT ${EVENT_COLUMNS} FROM events e JOIN instances i ON i.number = e.instance ORDER BY e.number`,
    )
    .iterate();
  for (const row of rows) yield eventFromRow(row);
}

type EventRow = {
  number: number;
  event_id: string;
  instance: string;
  seq: number;
  header_text: string;
  hash: string;
  sealed_body: Uint8Array | null;
};

function eventFromRow(value: unknown): LoggedEvent {
  const row = value as EventRow;
  return {
    number: row.number,
    eventId: row.event_id,
    instance: row.instance,
    seq: row.seq,
    headerText: row.header_text,
    hash: row.hash,
    sealedBody: row.sealed_body,
  };
}
