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
