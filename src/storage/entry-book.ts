import type Database from "better-sqlite3";
import { v7 as uuidv7 } from "uuid";
import { assert } from "#core/assert.ts";
import type { BookOwner, EventChain, EventDraft } from "#core/entry.ts";
import type { InstanceReason, Outbox, PendingEvent } from "#core/outbox.ts";
import type { Random } from "#core/ports.ts";
import { openEventLog } from "#storage/event-log.ts";
import type { EventLog, LogEnd, LoggedEvent } from "#storage/event-log.ts";
import { sqliteCode } from "#storage/open-database.ts";
import { openPassages } from "#storage/passages.ts";
import type { Passage, Passages } from "#storage/passages.ts";

/** Where a recorded event stands. Returned only after COMMIT: it is durable. */
export type Recorded = { readonly eventId: string; readonly seq: number; readonly hash: string };

/** The disk refused: nothing of the event is in the book, and the guard must write on paper. */
export class NotSaved extends Error {
  override readonly name = "NotSaved";
}

/** The station's append-only book: what happened at the gate, what is still to be sent, and who is inside. */
export type EntryBook = Outbox &
  Omit<Passages, "add" | "undo" | "rebuildPresence"> & {
    /** One transaction: event, passage, presence. Throws {@link NotSaved} when the disk refuses, also after a second try. */
    record(draft: EventDraft): Recorded;
    rebuildPresence(): void;
    /**
     * Erases the sealed bodies that the province has had since before `acknowledgedBeforeMs`, among the next `limit` events
     * after number `after`. Returns where to go on; 0 when the end of the book was reached. The chain stays whole: it
     * covers a body's hash.
     */
    eraseSealedBodies(acknowledgedBeforeMs: number, after: number, limit: number): number;
    /** Walks the whole chain; null when every hash and every link is right, else the first event that is not. */
    firstBrokenEvent(): string | null;
    /** Reads every page (a flipped bit throws) and checks every index; null when all is well, else SQLite's words. */
    firstDamage(): string | null;
    /** Moves the write-ahead log into the book; called between scans. */
    checkpoint(): void;
    close(): void;
  };

/** What the book is made of. `reopen` gives a new connection after the disk failed under the old one. */
export type EntryBookParts = {
  readonly reopen: () => Database.Database;
  readonly database: Database.Database;
  readonly owner: BookOwner;
  readonly chain: EventChain;
  readonly random: Random;
  readonly nowMs: () => number;
  /** Frees reserved space when the disk is full; false when there is none left. */
  readonly releaseBallast: () => boolean;
};

type Tables = {
  readonly db: Database.Database;
  readonly log: EventLog;
  readonly passages: Passages;
};

/** What changes while the book is open. Counts are kept beside the tables, so that the scan path need not count. */
type BookState = {
  tables: Tables;
  end: LogEnd;
  pendingCount: number;
  insideCount: number;
  /** Numbers of the events last handed out by id, so that their acknowledgement needs no search. */
  handedOut: ReadonlyMap<string, number>;
};

/** Opens the book of one owner; begins the first instance when there is none. */
export function openEntryBook(parts: EntryBookParts): EntryBook {
  const tables = openTables(parts.database, parts.chain);
  const state: BookState = {
    tables,
    end: tables.log.end() ?? beginInstance(tables.log, parts, "enrolment", parts.nowMs()),
    pendingCount: tables.log.pendingCount(),
    insideCount: tables.passages.countInside(),
    handedOut: new Map(),
  };
  return {
    ...outboxOf(state, parts),
    record: (draft) => record(state, parts, draft),
    personState: (personKey) => look(state, parts, (passages) => passages.personState(personKey)),
    countInside: () => state.insideCount,
    recent: (limit): readonly Passage[] => state.tables.passages.recent(limit),
    search: (foldedText, limit) => state.tables.passages.search(foldedText, limit),
    rebuildPresence() {
      state.tables.db.transaction(() => state.tables.passages.rebuildPresence())();
      state.insideCount = state.tables.passages.countInside();
    },
    forgetReadable: (beforeMs) => state.tables.passages.forgetReadable(beforeMs),
    eraseSealedBodies(beforeMs, after, limit) {
      const upto = after + limit;
      state.tables.log.eraseSealedBodies(beforeMs, after, upto);
      return upto >= state.end.number ? 0 : upto;
    },
    firstBrokenEvent: () => firstBrokenEvent(state.tables.log, parts.chain),
    firstDamage() {
      const answer = String(state.tables.db.pragma("integrity_check(1)", { simple: true }));
      return answer === "ok" ? null : answer;
    },
    checkpoint() {
      state.tables.db.pragma("wal_checkpoint(PASSIVE)");
    },
    close() {
      state.tables.db.close();
    },
  };
}

function record(state: BookState, parts: EntryBookParts, draft: EventDraft): Recorded {
  assert(draft.type !== "entry" || draft.direction !== null, "an entry has a direction");
  const written = attempt(
    () => write(state, parts, draft),
    (cause) => recover(state, parts, draft, cause),
  );
  state.end = written.end;
  state.pendingCount += 1;
  state.insideCount += written.insideChange;
  const { seq, hash } = state.end.head;
  return { eventId: draft.eventId, seq, hash };
}

type Written = { readonly end: LogEnd; readonly insideChange: number };

function write(state: BookState, parts: EntryBookParts, draft: EventDraft): Written {
  const { db, log, passages } = state.tables;
  const transaction = db.transaction(() => {
    const { readable, direction } = draft;
    if (draft.type !== "entry" || readable === null || direction === null) {
      const end = log.append(draft, parts.owner, state.end, null);
      return { end, insideChange: undoneBy(passages, draft) };
    }
    const before = passages.personState(readable.personKey);
    const end = log.append(draft, parts.owner, state.end, before.lastEvent);
    passages.add(end.number, readable.personKey, direction);
    return { end, insideChange: Number(direction === "in") - Number(before.isInside) };
  });
  return transaction.immediate();
}

function undoneBy(passages: Passages, draft: EventDraft): number {
  const target = draft.details["target"];
  return draft.type === "undo" && typeof target === "string" ? passages.undo(target) : 0;
}

/** A question on the scan path. After a disk fault it is asked once more over a new connection, then it is NotSaved. */
function look<T>(state: BookState, parts: EntryBookParts, ask: (passages: Passages) => T): T {
  return attempt(
    () => ask(state.tables.passages),
    () => {
      reopen(state, parts);
      return ask(state.tables.passages);
    },
  );
}

/** After a failed fsync a retry on the same connection may lie, so look with new eyes at what is really there. */
function recover(
  state: BookState,
  parts: EntryBookParts,
  draft: EventDraft,
  cause: unknown,
): Written {
  const hasRoom = sqliteCode(cause) === "SQLITE_FULL" && parts.releaseBallast();
  if (!hasRoom) reopen(state, parts);
  if (!state.tables.log.isNewest(draft.eventId)) return write(state, parts, draft);
  return { end: state.end, insideChange: 0 };
}

function reopen(state: BookState, parts: EntryBookParts): void {
  closeQuietly(state.tables.db);
  state.tables = openTables(parts.reopen(), parts.chain);
  state.end = state.tables.log.end() ?? state.end;
  state.insideCount = state.tables.passages.countInside();
}

function outboxOf(state: BookState, parts: EntryBookParts): Outbox {
  return {
    head: () => state.end.head,
    acknowledgedUpto: () => state.tables.log.acknowledgedUpto(state.end.head),
    pendingCount: () => state.pendingCount,
    oldestPendingMs: () => state.tables.log.oldestPendingMs(),
    nextBatch(maxEvents, maxBytes, nowMs) {
      const batch = fitBatch(state.tables.log.pending(maxEvents, nowMs), maxBytes);
      state.handedOut = new Map(batch.map((event) => [event.eventId, event.number]));
      return batch;
    },
    acknowledge(eventIds, nowMs) {
      const { db, log } = state.tables;
      const marked = db.transaction(() =>
        eventIds.reduce((sum, id) => {
          const number = numberOf(state, id);
          return number === null ? sum : sum + log.acknowledge(number, nowMs);
        }, 0),
      )();
      state.pendingCount -= marked;
      return marked;
    },
    resendAfter(instance, seq) {
      const again = state.tables.log.resendAfter(instance, seq);
      state.pendingCount += again;
      return again;
    },
    setAside(eventId, untilMs) {
      const number = numberOf(state, eventId);
      if (number !== null) state.tables.log.setAside(number, untilMs);
    },
    startInstance(reason, nowMs) {
      state.end = beginInstance(state.tables.log, parts, reason, nowMs);
      return state.end.head;
    },
  };
}

function numberOf(state: BookState, eventId: string): number | null {
  return state.handedOut.get(eventId) ?? state.tables.log.numberOfPending(eventId);
}

function openTables(db: Database.Database, chain: EventChain): Tables {
  return { db, log: openEventLog(db, chain), passages: openPassages(db) };
}

function beginInstance(
  log: EventLog,
  parts: EntryBookParts,
  reason: InstanceReason,
  nowMs: number,
): LogEnd {
  const instance = uuidv7({ msecs: nowMs, random: parts.random.bytes(16) });
  log.startInstance(instance, parts.owner.station, reason, nowMs);
  const number = log.end()?.number ?? 0;
  return { number, head: { instance, seq: 0, hash: parts.chain.genesis } };
}

function attempt<T>(first: () => T, second: (cause: unknown) => T): T {
  try {
    return first();
  } catch (cause) {
    if (!isDiskFault(cause)) throw cause;
    try {
      return second(cause);
    } catch (again) {
      throw new NotSaved("the disk refused", { cause: again });
    }
  }
}

/** A full, failing or vanished disk; everything else (a broken trigger, say) is a bug and must not look like one. */
function isDiskFault(cause: unknown): boolean {
  return /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|BUSY|CORRUPT|NOTADB)/.test(sqliteCode(cause));
}

function fitBatch(events: readonly LoggedEvent[], maxBytes: number): readonly LoggedEvent[] {
  const batch: LoggedEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    if (event.instance !== (batch[0] ?? event).instance) break;
    bytes += lineBytes(event);
    if (batch.length > 0 && bytes > maxBytes) break;
    batch.push(event);
  }
  return batch;
}

/** Upper bound of an event's line on the wire: its header, its hash, and the body in base64. */
function lineBytes(event: PendingEvent): number {
  const body = event.sealedBody === null ? 4 : Math.ceil(event.sealedBody.length / 3) * 4;
  return Buffer.byteLength(event.headerText) + event.hash.length + body + 64;
}

function firstBrokenEvent(log: EventLog, chain: EventChain): string | null {
  const heads = new Map<string, string>();
  for (const event of log.all()) {
    const expected = heads.get(event.instance) ?? chain.genesis;
    const header: unknown = JSON.parse(event.headerText);
    const isLinked = isRecord(header) && header["prev_hash"] === expected;
    const isWhole = chain.eventHash(event.headerText) === event.hash;
    const bodyOk =
      event.sealedBody === null ||
      (isRecord(header) && header["body_hash"] === chain.bodyHash(event.sealedBody));
    if (!isLinked || !isWhole || !bodyOk) return event.eventId;
    heads.set(event.instance, event.hash);
  }
  return null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function closeQuietly(db: Database.Database): void {
  try {
    db.close();
  } catch (cause) {
    // The connection is already broken; a connection that cannot close is replaced, and the fault is reported by what follows.
    assert(cause instanceof Error, "better-sqlite3 throws errors");
  }
}
