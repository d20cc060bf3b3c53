import type Database from "better-sqlite3";
import type { Direction } from "#core/entry.ts";

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

/** What the station knows of one person before deciding. */
export type PersonState = {
  /** Number of the last passage that counts, to link the next one to; null for a stranger. */
  readonly lastEvent: number | null;
  readonly last: Passage | null;
  readonly isInside: boolean;
};

/** Who passed last when, and who is inside: derived from the events, kept in the same transaction. */
export type Passages = {
  /** One look on the scan path. */
  personState(personKey: string): PersonState;
  /** Notes that this event is now the person's last passage. */
  add(eventNumber: number, personKey: string, direction: Direction): void;
  /** Marks a passage as undone; the one before it counts again. Returns the change of the number inside. */
  undo(targetEventId: string): number;
  countInside(): number;
  recent(limit: number): readonly Passage[];
  /** People among the newest passages whose name has a word beginning with the text, newest first. */
  search(foldedText: string, limit: number): readonly Passage[];
  rebuildPresence(): void;
  /** Erases names and masked numbers of passages before `beforeMs`; returns how many. */
  forgetReadable(beforeMs: number): number;
};

/** How far back rare questions look: days of a busy gate, and far more than the readable copy's hours. */
const NEWEST_EVENTS = 50_000;

const COLUMNS =
  "event_id, direction, wall_at_ms, boot_id, mono_ms, has_notice, is_undone, name, masked_number";

/** Prepares the statements over one open database. */
export function openPassages(db: Database.Database): Passages {
  return { ...openReads(db), ...openWrites(db) };
}

type Reads = Pick<Passages, "personState" | "countInside" | "recent" | "search">;

const stranger: PersonState = { lastEvent: null, last: null, isInside: false };

function openReads(db: Database.Database): Reads {
  const state = db.prepare(
    `SELECT last_event, is_inside, ${COLUMNS} FROM people JOIN events ON number = last_event
     WHERE people.person_key = ?`,
  );
  const count = db.prepare("SELECT count(*) FROM people WHERE is_inside = 1").pluck();
  const recent = db.prepare(
    `SELECT ${COLUMNS} FROM events WHERE type = 'entry' ORDER BY number DESC LIMIT ?`,
  );
  const search = db.prepare(
    `SELECT ${COLUMNS} FROM events
     WHERE number > (SELECT max(number) - ${NEWEST_EVENTS} FROM events) AND type = 'entry'
       AND (folded_name LIKE ? ESCAPE '\\' OR folded_name LIKE ? ESCAPE '\\')
     ORDER BY number DESC LIMIT ?`,
  );
  return {
    personState(personKey) {
      const row = state.get(personKey) as StateRow | undefined;
      if (row === undefined) return stranger;
      return {
        lastEvent: row.last_event,
        last: passageFromRow(row),
        isInside: row.is_inside === 1,
      };
    },
    countInside: () => Number(count.get()),
    recent: (limit) => recent.all(limit).map(passageFromRow),
    search(foldedText, limit) {
      const pattern = `${foldedText.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
      return search.all(pattern, `% ${pattern}`, limit).map(passageFromRow);
    },
  };
}

type Writes = Pick<Passages, "add" | "undo" | "rebuildPresence" | "forgetReadable">;

function openWrites(db: Database.Database): Writes {
  const wasInside = db.prepare("SELECT is_inside FROM people WHERE person_key = ?").pluck();
  const put = db.prepare(
    "INSERT OR REPLACE INTO people (person_key, last_event, is_inside) VALUES (?, ?, ?)",
  );
  const drop = db.prepare("DELETE FROM people WHERE person_key = ?");
  const target = db.prepare(
    `SELECT number, person_key, previous_event FROM events
     WHERE number > (SELECT max(number) - ${NEWEST_EVENTS} FROM events) AND event_id = ? AND is_undone = 0`,
  );
  const markUndone = db.prepare("UPDATE events SET is_undone = 1 WHERE number = ?");
  const byNumber = db.prepare(
    "SELECT number, direction, is_undone, previous_event FROM events WHERE number = ?",
  );
  const lastEvent = db.prepare("SELECT last_event FROM people WHERE person_key = ?").pluck();
  const forget = db.prepare(
    `UPDATE events SET name = NULL, folded_name = NULL, masked_number = NULL, birth_year = NULL
     WHERE number > (SELECT max(number) - ${NEWEST_EVENTS} FROM events) AND wall_at_ms < ?
       AND (name IS NOT NULL OR masked_number IS NOT NULL)`,
  );
  /** The newest passage that still counts, from `number` backwards along one person's chain. */
  const countingFrom = (number: number | null): ChainRow | null => {
    let row = number === null ? undefined : (byNumber.get(number) as ChainRow | undefined);
    while (row !== undefined && row.is_undone === 1) {
      row =
        row.previous_event === null ? undefined : (byNumber.get(row.previous_event) as ChainRow);
    }
    return row ?? null;
  };
  const change = (personKey: string, set: () => void) => {
    const before = wasInside.get(personKey) === 1 ? 1 : 0;
    set();
    return (wasInside.get(personKey) === 1 ? 1 : 0) - before;
  };
  return {
    add(eventNumber, personKey, direction) {
      put.run(personKey, eventNumber, direction === "in" ? 1 : 0);
    },
    undo(targetEventId) {
      const row = target.get(targetEventId) as TargetRow | undefined;
      if (row === undefined || row.person_key === null) return 0;
      const { person_key: personKey } = row;
      return change(personKey, () => {
        markUndone.run(row.number);
        const counting = countingFrom(Number(lastEvent.get(personKey)));
        if (counting === null) drop.run(personKey);
        else put.run(personKey, counting.number, counting.direction === "in" ? 1 : 0);
      });
    },
    rebuildPresence() {
      db.exec(REBUILD_PRESENCE);
    },
    forgetReadable: (beforeMs) => forget.run(beforeMs).changes,
  };
}

/** The newest passage of each person that was not undone says whether they are inside. */
const REBUILD_PRESENCE = `
DELETE FROM people;
INSERT INTO people (person_key, last_event, is_inside)
SELECT person_key, max(number), direction = 'in' FROM events
WHERE person_key IS NOT NULL AND is_undone = 0 GROUP BY person_key;
`;

type StateRow = PassageRow & { readonly last_event: number; readonly is_inside: number };

type TargetRow = { readonly number: number; readonly person_key: string | null };

type ChainRow = {
  readonly number: number;
  readonly direction: Direction;
  readonly is_undone: number;
  readonly previous_event: number | null;
};

type PassageRow = {
  event_id: string;
  direction: Direction;
  wall_at_ms: number;
  boot_id: string;
  mono_ms: number;
  has_notice: number;
  is_undone: number;
  name: string | null;
  masked_number: string | null;
};

function passageFromRow(value: unknown): Passage {
  const row = value as PassageRow;
  return {
    eventId: row.event_id,
    direction: row.direction,
    atMs: row.wall_at_ms,
    bootId: row.boot_id,
    monoMs: row.mono_ms,
    hasNotice: row.has_notice === 1,
    isUndone: row.is_undone === 1,
    name: row.name,
    maskedNumber: row.masked_number,
  };
}
