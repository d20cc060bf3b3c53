import type Database from "better-sqlite3";
import { headerOf } from "#core/entry.ts";
import type { BookOwner, EventChain, EventDraft } from "#core/entry.ts";
import type { BookHead, InstanceReason, PendingEvent } from "#core/outbox.ts";

/** The `events` and `instances` tables over one open database: append, queue, acknowledge. */
export type EventLog = {
  currentHead(): BookHead | null;
  /** Appends inside the caller's transaction; returns the event's number in the whole book and the new head. */
  append(draft: EventDraft, owner: BookOwner, head: BookHead): { number: number; head: BookHead };
  has(eventId: string): boolean;
  startInstance(instance: string, station: string, reason: InstanceReason, atMs: number): void;
  acknowledgedUpto(head: BookHead): number;
  pendingCount(): number;
  oldestPendingMs(): number | null;
  pending(maxEvents: number, nowMs: number): readonly PendingEvent[];
  acknowledge(eventId: string, nowMs: number): number;
  resendAfter(instance: string, seq: number): number;
  setAside(eventId: string, untilMs: number): void;
  /** Every event in order, for verification. */
  all(): IterableIterator<LoggedEvent>;
};

/** An event as it lies in the book. */
export type LoggedEvent = PendingEvent & { readonly number: number };

/** Prepares the statements over one open database. */
export function openEventLog(db: Database.Database, chain: EventChain): EventLog {
  const insert = db.prepare(
    `INSERT INTO events (instance, seq, event_id, type, wall_at_ms, header_text, hash, sealed_body)
     VALUES ((SELECT number FROM instances WHERE instance = ?), ?, ?, ?, ?, ?, ?, ?)`,
  );
  const queue = queueStatements(db);
  const known = db.prepare("SELECT 1 FROM events WHERE event_id = ?").pluck();
  const newInstance = db.prepare(
    "INSERT INTO instances (instance, station, reason, started_at_ms) VALUES (?, ?, ?, ?)",
  );

  return {
    ...queue,
    currentHead: () => readHead(db, chain),
    append(draft, owner, head) {
      const body = draft.sealedBody === null ? null : chain.bodyHash(draft.sealedBody);
      const seq = head.seq + 1;
      const position = { instance: head.instance, seq, prevHash: head.hash };
      const text = chain.headerText(headerOf(draft, owner, position, body));
      const hash = chain.eventHash(text);
      const fixed = [head.instance, seq, draft.eventId, draft.type, draft.wallMs] as const;
      const result = insert.run(...fixed, text, hash, draft.sealedBody);
      return {
        number: Number(result.lastInsertRowid),
        head: { instance: head.instance, seq, hash },
      };
    },
    has: (eventId) => known.get(eventId) !== undefined,
    startInstance(instance, station, reason, atMs) {
      newInstance.run(instance, station, reason, atMs);
    },
    all: () => allEvents(db),
  };
}

const EVENT_COLUMNS = `e.number, e.event_id, i.instance, e.seq, e.header_text, e.hash, e.sealed_body`;

function queueStatements(db: Database.Database) {
  const firstPending = db
    .prepare(
      `SELECT e.seq FROM events e JOIN instances i ON i.number = e.instance
       WHERE i.instance = ? AND e.acknowledged_at_ms IS NULL ORDER BY e.seq LIMIT 1`,
    )
    .pluck();
  const count = db.prepare("SELECT count(*) FROM events WHERE acknowledged_at_ms IS NULL").pluck();
  const oldest = db
    .prepare(
      "SELECT wall_at_ms FROM events WHERE acknowledged_at_ms IS NULL ORDER BY instance, seq LIMIT 1",
    )
    .pluck();
  const pending = db.prepare(
    `SELECT ${EVENT_COLUMNS} FROM events e JOIN instances i ON i.number = e.instance
     WHERE e.acknowledged_at_ms IS NULL AND e.set_aside_until_ms <= ? ORDER BY e.instance, e.seq LIMIT ?`,
  );
  const acknowledge = db.prepare(
    "UPDATE events SET acknowledged_at_ms = ? WHERE event_id = ? AND acknowledged_at_ms IS NULL",
  );
  const resend = db.prepare(
    `UPDATE events SET acknowledged_at_ms = NULL, set_aside_until_ms = 0
     WHERE instance = (SELECT number FROM instances WHERE instance = ?) AND seq > ?
       AND acknowledged_at_ms IS NOT NULL`,
  );
  const aside = db.prepare("UPDATE events SET set_aside_until_ms = ? WHERE event_id = ?");

  return {
    acknowledgedUpto(head: BookHead) {
      const first = firstPending.get(head.instance);
      return first === undefined ? head.seq : Number(first) - 1;
    },
    pendingCount: () => Number(count.get()),
    oldestPendingMs() {
      const atMs = oldest.get();
      return atMs === undefined ? null : Number(atMs);
    },
    pending: (maxEvents: number, nowMs: number) => pending.all(nowMs, maxEvents).map(eventFromRow),
    acknowledge: (eventId: string, nowMs: number) => acknowledge.run(nowMs, eventId).changes,
    resendAfter: (instance: string, seq: number) => resend.run(instance, seq).changes,
    setAside(eventId: string, untilMs: number) {
      aside.run(untilMs, eventId);
    },
  };
}

function readHead(db: Database.Database, chain: EventChain): BookHead | null {
  const row = db
    .prepare(
      `SELECT i.instance, e.seq, e.hash FROM instances i LEFT JOIN events e ON e.instance = i.number
       ORDER BY i.number DESC, e.seq DESC LIMIT 1`,
    )
    .get() as { instance: string; seq: number | null; hash: string | null } | undefined;
  if (row === undefined) return null;
  return { instance: row.instance, seq: row.seq ?? 0, hash: row.hash ?? chain.genesis };
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
