/**
 * The entry book. `events` is append-only by triggers: an event's header never changes, its sealed body may only be
 * erased after the province has it, and only an acknowledged event may be deleted. Its last columns are the station's own
 * memory of the passage (never uploaded, erased after hours); `people` is derived from them and can be rebuilt.
 *
 * One scan writes three pages: the event, the pending index, the person. Every further index would cost each scan a
 * page, so what is rare (search by name, undo) looks through the newest events instead.
 */
export const sql = `
CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE instances (
  number INTEGER PRIMARY KEY,
  instance TEXT NOT NULL UNIQUE,
  station TEXT NOT NULL,
  reason TEXT NOT NULL,
  started_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE events (
  number INTEGER PRIMARY KEY,
  instance INTEGER NOT NULL REFERENCES instances (number),
  seq INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  type TEXT NOT NULL,
  wall_at_ms INTEGER NOT NULL,
  header_text TEXT NOT NULL,
  hash TEXT NOT NULL,
  sealed_body BLOB,
  acknowledged_at_ms INTEGER,
  set_aside_until_ms INTEGER NOT NULL DEFAULT 0,
  person_key TEXT,
  previous_event INTEGER,
  direction TEXT,
  boot_id TEXT,
  mono_ms INTEGER,
  has_notice INTEGER,
  is_undone INTEGER NOT NULL DEFAULT 0,
  name TEXT,
  folded_name TEXT,
  masked_number TEXT,
  birth_year TEXT
) STRICT;

CREATE INDEX events_pending ON events (number) WHERE acknowledged_at_ms IS NULL;

CREATE TRIGGER events_have_no_gap BEFORE INSERT ON events
WHEN NEW.seq <> 1 + coalesce(
  (SELECT seq FROM events WHERE number = NEW.number - 1 AND instance = NEW.instance), 0)
BEGIN SELECT raise(ABORT, 'gap in seq'); END;

CREATE TRIGGER events_are_append_only
BEFORE UPDATE OF number, instance, seq, event_id, type, wall_at_ms, header_text, hash ON events
BEGIN SELECT raise(ABORT, 'events are append-only'); END;

CREATE TRIGGER events_keep_unsent_bodies BEFORE UPDATE OF sealed_body ON events
WHEN NEW.sealed_body IS NOT NULL OR OLD.acknowledged_at_ms IS NULL
BEGIN SELECT raise(ABORT, 'a body is only erased after its acknowledgement'); END;

CREATE TRIGGER events_keep_unsent BEFORE DELETE ON events
WHEN OLD.acknowledged_at_ms IS NULL
BEGIN SELECT raise(ABORT, 'an unacknowledged event is never deleted'); END;

CREATE TABLE people (
  person_key TEXT PRIMARY KEY,
  last_event INTEGER NOT NULL,
  is_inside INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;
