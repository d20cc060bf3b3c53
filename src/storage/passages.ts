import type Database from "better-sqlite3";
import type { Direction, EventDraft } from "#core/entry.ts";

/** One passage of a person as this station remembers it. */
export type Passage = {
  readonly eventId: string;
  readonly direction: Direction;
  readonly atMs: number;
  readonly bootId: string;
  readonly monoMs: number;
  readonly hasNotice: boolean;
  readonly isUndone: boolean;
  /** Null once the readable copy's time is over. */
  readonly name: string | null;
  readonly maskedNumber: string | null;
};

/** Passages and presence: derived from the events, kept in the same transaction, and can be rebuilt. */
export type Passages = {
  add(eventNumber: number, draft: EventDraft): void;
  undo(targetEventId: string): void;
  lastOf(personKey: string): Passage | null;
  isInside(personKey: string): boolean;
  countInside(): number;
  recent(limit: number): readonly Passage[];
  search(foldedText: string, limit: number): readonly Passage[];
  rebuildPresence(): void;
  forgetReadable(beforeMs: number): number;
};

const COLUMNS = `e.event_id, p.direction, p.at_ms, p.boot_id, p.mono_ms, p.has_notice, p.is_undone, p.name, p.masked_number`;

/** Prepares the statements over one open database. */
export function openPassages(db: Database.Database): Passages {
  return { ...openReads(db), ...openWrites(db) };
}

type Reads = Pick<Passages, "lastOf" | "isInside" | "countInside" | "recent" | "search">;

function openReads(db: Database.Database): Reads {
  const from = "FROM passages p JOIN events e ON e.number = p.event";
  const last = db.prepare(
    `SELECT ${COLUMNS} ${from} WHERE p.person_key = ? AND p.is_undone = 0 ORDER BY p.event DESC LIMIT 1`,
  );
  const inside = db.prepare("SELECT 1 FROM presence WHERE person_key = ?").pluck();
  const count = db.prepare("SELECT count(*) FROM presence").pluck();
  const recent = db.prepare(`SELECT ${COLUMNS} ${from} ORDER BY p.event DESC LIMIT ?`);
  const search = db.prepare(
    `SELECT ${COLUMNS} ${from}
     WHERE p.folded_name LIKE ? ESCAPE '\\' OR p.folded_name LIKE ? ESCAPE '\\'
     ORDER BY p.event DESC LIMIT ?`,
  );
  return {
    lastOf: (personKey) => passageFromRow(last.get(personKey)),
    isInside: (personKey) => inside.get(personKey) !== undefined,
    countInside: () => Number(count.get()),
    recent: (limit) => recent.all(limit).map(knownPassage),
    search(foldedText, limit) {
      const pattern = `${foldedText.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
      return search.all(pattern, `% ${pattern}`, limit).map(knownPassage);
    },
  };
}

type Writes = Pick<Passages, "add" | "undo" | "rebuildPresence" | "forgetReadable">;

function openWrites(db: Database.Database): Writes {
  const insert = db.prepare(
    `INSERT INTO passages (event, person_key, direction, at_ms, boot_id, mono_ms, has_notice, name, folded_name,
       masked_number, birth_year)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const enter = db.prepare(
    "INSERT OR REPLACE INTO presence (person_key, event, since_ms) VALUES (?, ?, ?)",
  );
  const leave = db.prepare("DELETE FROM presence WHERE person_key = ?");
  const target = db.prepare(
    "SELECT p.event, p.person_key FROM passages p JOIN events e ON e.number = p.event WHERE e.event_id = ?",
  );
  const markUndone = db.prepare("UPDATE passages SET is_undone = 1 WHERE event = ?");
  const newest = db.prepare(
    `SELECT event, direction, at_ms FROM passages WHERE person_key = ? AND is_undone = 0
     ORDER BY event DESC LIMIT 1`,
  );
  const forget = db.prepare(
    `UPDATE passages SET name = NULL, folded_name = NULL, masked_number = NULL, birth_year = NULL
     WHERE at_ms < ? AND folded_name IS NOT NULL`,
  );
  return {
    add(eventNumber, draft) {
      const person = draft.readable;
      if (person === null || draft.direction === null) return;
      const at = [draft.wallMs, draft.bootId, draft.monoMs, draft.flags.length > 0 ? 1 : 0];
      const shown = [person.name, person.foldedName, person.maskedNumber, person.birthYear];
      insert.run(eventNumber, person.personKey, draft.direction, ...at, ...shown);
      if (draft.direction === "in") enter.run(person.personKey, eventNumber, draft.wallMs);
      else leave.run(person.personKey);
    },
    undo(targetEventId) {
      const row = target.get(targetEventId) as { event: number; person_key: string } | undefined;
      if (row === undefined) return;
      markUndone.run(row.event);
      const left = newest.get(row.person_key) as NewestRow | undefined;
      if (left?.direction === "in") enter.run(row.person_key, left.event, left.at_ms);
      else leave.run(row.person_key);
    },
    rebuildPresence() {
      db.exec(REBUILD_PRESENCE);
    },
    forgetReadable: (beforeMs) => forget.run(beforeMs).changes,
  };
}

type NewestRow = { readonly event: number; readonly direction: Direction; readonly at_ms: number };

/** The newest passage of each person that was not undone says whether they are inside. */
const REBUILD_PRESENCE = `
DELETE FROM presence;
INSERT INTO presence (person_key, event, since_ms)
SELECT person_key, event, at_ms FROM passages p
WHERE direction = 'in' AND is_undone = 0 AND event =
  (SELECT max(event) FROM passages q WHERE q.person_key = p.person_key AND q.is_undone = 0);
`;

type PassageRow = {
  event_id: string;
  direction: Direction;
  at_ms: number;
  boot_id: string;
  mono_ms: number;
  has_notice: number;
  is_undone: number;
  name: string | null;
  masked_number: string | null;
};

function passageFromRow(row: unknown): Passage | null {
  return row === undefined ? null : knownPassage(row);
}

function knownPassage(value: unknown): Passage {
  const row = value as PassageRow;
  return {
    eventId: row.event_id,
    direction: row.direction,
    atMs: row.at_ms,
    bootId: row.boot_id,
    monoMs: row.mono_ms,
    hasNotice: row.has_notice === 1,
    isUndone: row.is_undone === 1,
    name: row.name,
    maskedNumber: row.masked_number,
  };
}
