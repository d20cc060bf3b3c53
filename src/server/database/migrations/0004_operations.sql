-- Looking after a province and its fleet: settings, holds, deletion with its reports, states of stations, signed rules,
-- visitor books of before. Times are UTC milliseconds, days are local days of Asia/Ho_Chi_Minh.

-- What an administrator sets and no other table is about; one row a name.
CREATE TABLE province_settings (
  name text PRIMARY KEY,
  value jsonb NOT NULL,
  set_at_ms bigint NOT NULL
);

-- Days that a case still needs. They are not deleted before they are exported or the hold is released.
CREATE TABLE holds (
  hold_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  case_number text NOT NULL REFERENCES cases,
  first_day date NOT NULL,
  last_day date NOT NULL,
  made_at_ms bigint NOT NULL,
  released_at_ms bigint,
  CHECK (first_day <= last_day)
);

-- What was deleted, written in the transaction that deleted it; the report that covers it comes after.
CREATE TABLE deletion_reports (
  report_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  made_at_ms bigint NOT NULL,
  -- Canonical JSON (RFC 8785), the very bytes that were signed.
  report text NOT NULL,
  signature bytea NOT NULL
);
CREATE TABLE deletions (
  deletion_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  table_name text NOT NULL,
  -- Null: rows that were not filed under a day of their own.
  local_day date,
  row_count bigint NOT NULL,
  deleted_at_ms bigint NOT NULL,
  report_id bigint REFERENCES deletion_reports
);
CREATE INDEX deletions_without_report ON deletions (deletion_id) WHERE report_id IS NULL;

-- upload-only: records nothing new, sends what it has. wipe: as that, and forgets everything once it is sent.
ALTER TABLE stations DROP CONSTRAINT stations_state_check;
ALTER TABLE stations ADD CONSTRAINT stations_state_check
  CHECK (state IN ('active', 'upload-only', 'wipe', 'revoked'));
ALTER TABLE stations ADD COLUMN wiped_at_ms bigint;

-- Who published rules, and the province's signature over their canonical JSON.
ALTER TABLE rules ADD COLUMN published_by text;
ALTER TABLE rules ADD COLUMN signature bytea;

-- When a gate is open, minutes after local midnight; weekday 1 is Monday. A gate without rows is judged by its history.
CREATE TABLE gate_hours (
  gate text NOT NULL REFERENCES gates,
  weekday smallint NOT NULL CHECK (weekday BETWEEN 1 AND 7),
  opens_minute smallint NOT NULL CHECK (opens_minute BETWEEN 0 AND 1439),
  closes_minute smallint NOT NULL CHECK (closes_minute BETWEEN 1 AND 1440),
  PRIMARY KEY (gate, weekday),
  CHECK (opens_minute < closes_minute)
);

-- Lines of visitor books that were kept before the stations; never mixed with what a station has seen.
CREATE TABLE legacy_entries (
  -- SHA-256 of place and line: the same book may be imported again.
  line_hash bytea PRIMARY KEY,
  place text NOT NULL REFERENCES places,
  local_day date NOT NULL,
  entered_at_ms bigint NOT NULL,
  left_at_ms bigint,
  subject bytea NOT NULL,
  document_kind text NOT NULL,
  imported_at_ms bigint NOT NULL
);
CREATE INDEX legacy_entries_of_subject ON legacy_entries (subject, entered_at_ms);
CREATE INDEX legacy_entries_of_place ON legacy_entries (place, entered_at_ms);

-- The feed reads by arrival; a range index costs the ingest next to nothing.
CREATE INDEX events_by_arrival ON events USING brin (received_at_ms);

-- Entries by gate and hour, without persons: what a gate is like, for noticing that it has fallen silent.
CREATE TABLE gate_hour_counts (
  local_day date NOT NULL,
  gate text NOT NULL,
  hour smallint NOT NULL CHECK (hour BETWEEN 0 AND 23),
  entries integer NOT NULL,
  last_at_ms bigint NOT NULL,
  PRIMARY KEY (local_day, gate, hour)
);
-- When a day was counted last: late batches make it count again for three days.
CREATE TABLE counted_days (
  local_day date PRIMARY KEY,
  counted_on date NOT NULL
);
