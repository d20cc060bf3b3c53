-- New keys of stations, and hours that stand in one place. Times are UTC milliseconds.

-- A key that a station proposed when it was asked for one: it counts beside the old key until it is used for the first
-- time, and then instead of it.
ALTER TABLE stations
  ADD COLUMN key_asked_at_ms bigint,
  ADD COLUMN next_public_key bytea CHECK (length(next_public_key) = 32),
  ADD COLUMN key_changed_at_ms bigint;

-- When each gate is open, from one source: its own hours if somebody set any, else those of its place. Several spans a
-- day are possible; weekday 1 is Monday; beyond 1440 it is the next day's morning. A gate without rows: nobody has said.
CREATE VIEW hours_in_force AS
SELECT g.gate, g.place, h.weekday::int AS weekday, h.opens_minute::int AS opens_minute,
       h.closes_minute::int AS closes_minute
FROM gates g JOIN gate_hours h ON h.gate = g.gate
UNION ALL
SELECT g.gate, g.place, day.weekday::int, (span.hours->>'from')::int, (span.hours->>'to')::int
FROM gates g JOIN places p ON p.place = g.place
CROSS JOIN LATERAL jsonb_array_elements(
  CASE jsonb_typeof(p.opening_hours) WHEN 'array' THEN p.opening_hours ELSE '[]' END) AS span (hours)
CROSS JOIN LATERAL jsonb_array_elements_text(span.hours->'days') AS day (weekday)
WHERE NOT EXISTS (SELECT FROM gate_hours own WHERE own.gate = g.gate)
UNION ALL
-- A place without gates, where people check themselves in.
SELECT NULL, p.place, day.weekday::int, (span.hours->>'from')::int, (span.hours->>'to')::int
FROM places p
CROSS JOIN LATERAL jsonb_array_elements(
  CASE jsonb_typeof(p.opening_hours) WHEN 'array' THEN p.opening_hours ELSE '[]' END) AS span (hours)
CROSS JOIN LATERAL jsonb_array_elements_text(span.hours->'days') AS day (weekday)
WHERE NOT EXISTS (SELECT FROM gates g WHERE g.place = p.place);

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tramqr_tracing') THEN
    GRANT SELECT ON hours_in_force TO tramqr_tracing;
  END IF;
END $$;
