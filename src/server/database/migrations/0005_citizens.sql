-- What citizens tell the province themselves, and which documents belong to one person. Times are UTC milliseconds. What
-- is personal is sealed to the province's key, as in events; subjects are the vault's keyed hashes.

-- Citizens' own entries are streams of the server itself, under the name "self": no station stands behind them.
ALTER TABLE instances DROP CONSTRAINT instances_station_fkey;

CREATE TABLE declarations (
  declaration uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('health', 'movement')),
  place text,
  subject bytea NOT NULL CHECK (length(subject) = 16),
  sealed_body bytea NOT NULL,
  declared_at_ms bigint NOT NULL,
  expires_at_ms bigint NOT NULL
);
CREATE INDEX declarations_of_subject ON declarations (subject, expires_at_ms);
CREATE INDEX declarations_by_time ON declarations (declared_at_ms);

-- The province's personal codes. The number itself is not kept: code is its subject, person a keyed hash of everything
-- that its holder claimed.
CREATE TABLE personal_codes (
  code bytea PRIMARY KEY CHECK (length(code) = 16),
  person bytea NOT NULL CHECK (length(person) = 16),
  document bytea NOT NULL CHECK (length(document) = 16),
  sealed_body bytea NOT NULL,
  first_issued_at_ms bigint NOT NULL,
  last_issued_at_ms bigint NOT NULL
);
CREATE INDEX personal_codes_of_document ON personal_codes (document);

CREATE TABLE feedback (
  feedback uuid PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  category text NOT NULL,
  place text,
  sealed_body bytea NOT NULL,
  received_at_ms bigint NOT NULL,
  closed_at_ms bigint,
  closed_by text,
  closing_note text,
  CHECK ((closed_at_ms IS NULL) = (closed_by IS NULL))
);

-- One person's other documents: events of `subject` count as those of `same_as`, which is never itself joined to another.
CREATE TABLE document_links (
  subject bytea PRIMARY KEY CHECK (length(subject) = 16),
  same_as bytea NOT NULL CHECK (length(same_as) = 16),
  basis text NOT NULL CHECK (basis IN ('personal-code', 'officers')),
  reason text,
  made_by text,
  made_at_ms bigint NOT NULL,
  approved_by text,
  approved_at_ms bigint,
  CHECK (subject <> same_as),
  CHECK (basis = 'personal-code' OR (made_by IS NOT NULL AND reason IS NOT NULL))
);
CREATE INDEX document_links_to ON document_links (same_as);

-- The subject of the document that was shown, where the event was joined to another one; so that a link can be undone.
ALTER TABLE event_subjects ADD COLUMN keyed_as bytea;

-- Who needs what: each part of the server can run under a role that may do its own work and nothing else. Roles belong
-- to the whole PostgreSQL; where the owner of this database may not make them, an administrator makes them before the
-- first start, or everything runs as the owner (docs/operations/server.md).
DO $$
DECLARE
  role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['tramqr_ingest', 'tramqr_vault', 'tramqr_tracing', 'tramqr_citizens'] LOOP
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
      END IF;
      IF NOT pg_has_role(role_name, 'MEMBER') THEN
        EXECUTE format('GRANT %I TO %I', role_name, current_user);
      END IF;
    -- Another database of this PostgreSQL may be making them at this moment.
    EXCEPTION WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN
      RAISE NOTICE 'role % could not be made or entered', role_name;
    END;
  END LOOP;
END $$;

DO $$
DECLARE
  -- Everything about an event but its sealed body.
  open_columns text;
BEGIN
  IF (SELECT count(*) FROM pg_roles
      WHERE rolname IN ('tramqr_ingest', 'tramqr_vault', 'tramqr_tracing', 'tramqr_citizens')) < 4 THEN
    RETURN;
  END IF;
  SELECT string_agg(quote_ident(attname), ', ') INTO open_columns FROM pg_attribute
  WHERE attrelid = 'events'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'sealed_body';
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO tramqr_ingest, tramqr_vault, tramqr_tracing, tramqr_citizens', current_schema());
  EXECUTE format('GRANT SELECT (%s) ON events TO tramqr_ingest, tramqr_tracing, tramqr_citizens', open_columns);

  GRANT SELECT ON province, places, gates, stations, rules, enrolment_codes, station_health, boots TO tramqr_ingest;
  GRANT INSERT, UPDATE ON stations, station_health, boots TO tramqr_ingest;
  GRANT UPDATE ON enrolment_codes TO tramqr_ingest;
  GRANT SELECT, INSERT, UPDATE ON instances, quarantine TO tramqr_ingest;
  GRANT SELECT, INSERT, UPDATE, DELETE ON event_keys TO tramqr_ingest;
  GRANT SELECT, INSERT ON incidents, undone_entries TO tramqr_ingest;
  GRANT INSERT ON events, vault_work, pairing_work TO tramqr_ingest;

  GRANT SELECT ON province, events, event_keys, instances, cases, declarations, feedback TO tramqr_vault;
  GRANT SELECT, UPDATE, DELETE ON vault_work TO tramqr_vault;
  GRANT SELECT, INSERT, UPDATE ON event_subjects, personal_codes TO tramqr_vault;
  GRANT SELECT, INSERT, UPDATE, DELETE ON document_links TO tramqr_vault;
  GRANT SELECT, INSERT ON pairing_work, audit TO tramqr_vault;
  GRANT SELECT, DELETE ON visits TO tramqr_vault;

  GRANT SELECT ON province, places, gates, zones, lanes, gate_hours, stations, station_health,
    instances, event_keys, event_subjects, incidents, undone_entries TO tramqr_tracing;
  GRANT SELECT, INSERT, DELETE ON visits, pairing_work TO tramqr_tracing;
  GRANT SELECT, INSERT, UPDATE ON cases TO tramqr_tracing;
  GRANT SELECT, INSERT ON traces, trace_persons, heard_hours, audit TO tramqr_tracing;

  GRANT SELECT ON province, place_codes TO tramqr_citizens;
  GRANT SELECT (place, name, state, short_code) ON places TO tramqr_citizens;
  GRANT SELECT, INSERT, UPDATE ON unknown_place_codes, instances TO tramqr_citizens;
  GRANT SELECT, INSERT ON event_keys TO tramqr_citizens;
  GRANT INSERT ON events, vault_work, declarations, personal_codes, document_links, feedback TO tramqr_citizens;
  GRANT SELECT (declaration, declared_at_ms, expires_at_ms) ON declarations TO tramqr_citizens;
  GRANT SELECT (code, person, last_issued_at_ms), UPDATE (last_issued_at_ms) ON personal_codes TO tramqr_citizens;
  GRANT SELECT (subject, same_as, approved_at_ms) ON document_links TO tramqr_citizens;
  GRANT SELECT (feedback, number) ON feedback TO tramqr_citizens;
END $$;
