-- Who was where, when, with whom: visits paired from events, what is asked of them, and who asked. Times are UTC
-- milliseconds, days are local days of Asia/Ho_Chi_Minh.

-- One person in one place. The moments of entry and exit are milliseconds after t_in_ms, the earliest entry. Partitioned
-- by the local day of t_in_ms. The place is in the primary key, so that the table can be distributed by it.
CREATE TABLE visits (
  local_day date NOT NULL,
  place text NOT NULL,
  event_id uuid NOT NULL,
  subject bytea NOT NULL,
  t_in_ms bigint NOT NULL,
  in_mid_after_ms integer NOT NULL,
  in_hi_after_ms integer NOT NULL,
  out_lo_after_ms integer NOT NULL,
  out_mid_after_ms integer NOT NULL,
  out_hi_after_ms integer NOT NULL,
  zone text,
  gate text NOT NULL,
  is_entry_seen boolean NOT NULL,
  exit_known text NOT NULL CHECK (exit_known IN ('seen', 'next-sighting', 'place-closed', 'model', 'unknown')),
  PRIMARY KEY (place, local_day, event_id)
) PARTITION BY RANGE (local_day);
-- The day is in both indexes although it is the same in a whole partition: questions name it, and are answered by the index alone.
CREATE INDEX visits_by_place ON visits (place, t_in_ms) INCLUDE
  (subject, in_mid_after_ms, in_hi_after_ms, out_lo_after_ms, out_mid_after_ms, out_hi_after_ms, zone,
   local_day);
CREATE INDEX visits_by_subject ON visits (subject, t_in_ms) INCLUDE
  (place, in_mid_after_ms, in_hi_after_ms, out_lo_after_ms, out_mid_after_ms, out_hi_after_ms, zone,
   local_day);
CREATE TABLE visits_other_days PARTITION OF visits DEFAULT;

CREATE INDEX event_subjects_by_subject ON event_subjects (subject, local_day) INCLUDE (event_id);

-- Entries that their own station took back, also when the entry itself has not come yet.
CREATE TABLE undone_entries (
  target uuid NOT NULL,
  event_id uuid NOT NULL,
  station text NOT NULL,
  local_day date NOT NULL,
  PRIMARY KEY (target, event_id)
);

-- Events whose persons' visits are to be paired again. Written in the transaction that made it so; no foreign keys,
-- because an undo may come before its entry.
CREATE TABLE pairing_work (
  work_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id uuid NOT NULL
);

-- In which hours a gate has recorded anybody: hours in which it should have and has not make an answer doubtful.
CREATE TABLE heard_hours (
  gate text NOT NULL,
  hour_ms bigint NOT NULL,
  place text NOT NULL,
  PRIMARY KEY (gate, hour_ms)
);
CREATE INDEX heard_hours_of_place ON heard_hours (place, hour_ms);

-- What no visit tells of: unread codes, changes of mode, people counted without a code.
CREATE INDEX events_apart ON events (place, corrected_at_ms) WHERE type <> 'entry' OR body_hash IS NULL;

-- What a case may ask about; without days: the 28 days before it was opened, and since.
ALTER TABLE cases ADD COLUMN first_day date;
ALTER TABLE cases ADD COLUMN last_day date;

-- Every answer that was given, and whom it named: "who looked at my entries?"
CREATE TABLE traces (
  trace_id text PRIMARY KEY,
  case_number text NOT NULL REFERENCES cases,
  actor text NOT NULL,
  question json NOT NULL,
  persons integer NOT NULL,
  asked_at_ms bigint NOT NULL
);
CREATE TABLE trace_persons (
  subject bytea NOT NULL,
  trace_id text NOT NULL REFERENCES traces,
  PRIMARY KEY (subject, trace_id)
);

INSERT INTO undone_entries (target, event_id, station, local_day)
SELECT (e.details->>'target')::uuid, e.event_id, i.station, e.local_day
FROM events e JOIN instances i USING (instance_key)
WHERE e.type = 'undo' AND e.details->>'target' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
ON CONFLICT DO NOTHING;
INSERT INTO pairing_work (event_id) SELECT event_id FROM event_subjects WHERE subject IS NOT NULL;
