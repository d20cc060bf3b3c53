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

-- A table that is not here is passed over, and the test of the roles says so.
DO $$
DECLARE
  -- Everything about an event but its sealed body.
  open_columns text;
  role_name text;
  privileges text;
  tables text;
  table_name text;
BEGIN
  IF (SELECT count(*) FROM pg_roles
      WHERE rolname IN ('tramqr_ingest', 'tramqr_vault', 'tramqr_tracing', 'tramqr_citizens')) < 4 THEN
    RETURN;
  END IF;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO tramqr_ingest, tramqr_vault, tramqr_tracing, tramqr_citizens', current_schema());
  SELECT string_agg(quote_ident(attname), ', ') INTO open_columns FROM pg_attribute
  WHERE attrelid = 'events'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'sealed_body';
  EXECUTE format('GRANT SELECT (%s) ON events TO tramqr_ingest, tramqr_tracing, tramqr_citizens', open_columns);

  FOR role_name, privileges, tables IN VALUES
    ('tramqr_ingest', 'SELECT', 'province places gates stations rules enrolment_codes station_health boots'),
    ('tramqr_ingest', 'INSERT, UPDATE', 'stations station_health boots'),
    ('tramqr_ingest', 'UPDATE', 'enrolment_codes'),
    ('tramqr_ingest', 'SELECT, INSERT, UPDATE', 'instances quarantine'),
    ('tramqr_ingest', 'SELECT, INSERT, UPDATE, DELETE', 'event_keys'),
    ('tramqr_ingest', 'SELECT, INSERT', 'incidents undone_entries'),
    ('tramqr_ingest', 'INSERT', 'events vault_work pairing_work'),
    ('tramqr_vault', 'SELECT', 'province events event_keys instances cases declarations feedback'),
    ('tramqr_vault', 'SELECT, UPDATE, DELETE', 'vault_work'),
    ('tramqr_vault', 'SELECT, INSERT, UPDATE', 'event_subjects personal_codes'),
    ('tramqr_vault', 'SELECT, INSERT, UPDATE, DELETE', 'document_links'),
    ('tramqr_vault', 'SELECT, INSERT', 'pairing_work audit'),
    ('tramqr_vault', 'SELECT, DELETE', 'visits'),
    ('tramqr_tracing', 'SELECT', 'province places gates zones lanes gate_hours stations station_health instances
      event_keys event_subjects incidents undone_entries'),
    ('tramqr_tracing', 'SELECT, INSERT, DELETE', 'visits pairing_work'),
    ('tramqr_tracing', 'SELECT, INSERT, UPDATE', 'cases'),
    ('tramqr_tracing', 'SELECT, INSERT', 'traces trace_persons heard_hours audit'),
    ('tramqr_citizens', 'SELECT', 'province place_codes'),
    ('tramqr_citizens', 'SELECT (place, name, state, short_code)', 'places'),
    ('tramqr_citizens', 'SELECT, INSERT, UPDATE', 'unknown_place_codes instances'),
    ('tramqr_citizens', 'SELECT, INSERT', 'event_keys'),
    ('tramqr_citizens', 'INSERT', 'events vault_work declarations personal_codes document_links feedback'),
    ('tramqr_citizens', 'SELECT (declaration, declared_at_ms, expires_at_ms)', 'declarations'),
    ('tramqr_citizens', 'SELECT (code, person, last_issued_at_ms), UPDATE (last_issued_at_ms)', 'personal_codes'),
    ('tramqr_citizens', 'SELECT (subject, same_as, approved_at_ms)', 'document_links'),
    ('tramqr_citizens', 'SELECT (feedback, number)', 'feedback')
  LOOP
    FOREACH table_name IN ARRAY regexp_split_to_array(tables, '\s+') LOOP
      IF to_regclass(table_name) IS NOT NULL THEN
        EXECUTE format('GRANT %s ON %I TO %I', privileges, table_name, role_name);
      END IF;
    END LOOP;
  END LOOP;
END $$;
