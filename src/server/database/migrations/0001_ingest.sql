-- The province's registry, what stations upload, and who looked at it. Times are UTC milliseconds, days are local days
-- of Asia/Ho_Chi_Minh.

-- One row: whose server this is, and which key it opens bodies with.
CREATE TABLE province (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  name text NOT NULL,
  sealing_key bytea NOT NULL,
  made_at_ms bigint NOT NULL
);

CREATE TABLE places (
  place text PRIMARY KEY,
  name text NOT NULL,
  type text,
  address text,
  made_at_ms bigint NOT NULL
);

CREATE TABLE gates (
  gate text PRIMARY KEY,
  place text NOT NULL REFERENCES places,
  name text NOT NULL,
  made_at_ms bigint NOT NULL
);
CREATE INDEX gates_of_place ON gates (place);

CREATE TABLE stations (
  station text PRIMARY KEY,
  place text NOT NULL REFERENCES places,
  gate text NOT NULL REFERENCES gates,
  public_key bytea NOT NULL CHECK (length(public_key) = 32),
  state text NOT NULL CHECK (state IN ('active', 'revoked')),
  app_version text NOT NULL,
  enrolled_at_ms bigint NOT NULL,
  revoked_at_ms bigint
);

-- What a station said of itself last. Apart from stations, because it changes with every hello.
CREATE TABLE station_health (
  station text PRIMARY KEY REFERENCES stations,
  hello_at_ms bigint NOT NULL,
  instance uuid NOT NULL,
  seq bigint NOT NULL,
  acknowledged_upto bigint NOT NULL,
  pending bigint NOT NULL,
  oldest_pending_ms bigint,
  app_version text NOT NULL,
  policy_version bigint NOT NULL,
  wall_error_ms bigint NOT NULL,
  disk_free_bytes bigint,
  scanners jsonb NOT NULL,
  comparison text NOT NULL
);

-- Server time minus the monotonic clock of one boot of a station: dates events whose station had not met the server.
CREATE TABLE boots (
  station text NOT NULL REFERENCES stations,
  boot_id text NOT NULL,
  server_minus_mono_ms bigint NOT NULL,
  learned_at_ms bigint NOT NULL,
  PRIMARY KEY (station, boot_id)
);

CREATE TABLE enrolment_codes (
  code_id text PRIMARY KEY CHECK (code_id ~ '^[0-9]{6}$'),
  secret_hash bytea NOT NULL,
  place text NOT NULL REFERENCES places,
  gate text NOT NULL REFERENCES gates,
  wrong_tries integer NOT NULL DEFAULT 0,
  made_at_ms bigint NOT NULL,
  expires_at_ms bigint NOT NULL,
  station text REFERENCES stations,
  used_at_ms bigint
);

CREATE TABLE rules (
  version bigint PRIMARY KEY CHECK (version > 0),
  rules jsonb NOT NULL,
  published_at_ms bigint NOT NULL
);

-- One life of a station's entry book. The row is the lock of its stream.
CREATE TABLE instances (
  instance_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  station text NOT NULL REFERENCES stations,
  instance uuid NOT NULL,
  contiguous_upto bigint NOT NULL DEFAULT 0,
  head_seq bigint NOT NULL DEFAULT 0,
  head_hash bytea,
  first_seen_at_ms bigint NOT NULL,
  last_batch_at_ms bigint NOT NULL,
  UNIQUE (station, instance)
);

-- The memory that makes uploads idempotent; slim and not partitioned, it outlives the events. standing: 0 stored,
-- 1 in quarantine with a hash that proves it, 2 in quarantine without one (the seq is held, the id is not).
-- No foreign key to instances here and below: it would cost a look-up per event, and instances are never deleted.
CREATE TABLE event_keys (
  instance_key bigint NOT NULL,
  seq bigint NOT NULL,
  event_id uuid UNIQUE,
  hash bytea NOT NULL,
  standing smallint NOT NULL CHECK (standing IN (0, 1, 2)),
  local_day date NOT NULL,
  PRIMARY KEY (instance_key, seq),
  CHECK ((event_id IS NULL) = (standing = 2))
);

-- What happened, partitioned by the local day of its corrected time, so that days can be dropped whole.
CREATE TABLE events (
  local_day date NOT NULL,
  event_id uuid NOT NULL,
  instance_key bigint NOT NULL,
  seq bigint NOT NULL,
  type text NOT NULL,
  place text NOT NULL,
  gate text NOT NULL,
  lane text NOT NULL,
  direction text,
  direction_known text,
  document_kind text,
  flags text[] NOT NULL,
  server_flags text[] NOT NULL,
  wall_ms bigint NOT NULL,
  mono_ms bigint NOT NULL,
  boot_id text NOT NULL,
  offset_ms bigint,
  offset_error_ms bigint,
  corrected_at_ms bigint NOT NULL,
  policy_version bigint NOT NULL,
  details json NOT NULL,
  extra json,
  body_hash bytea,
  prev_hash bytea NOT NULL,
  sealed_body bytea,
  received_at_ms bigint NOT NULL,
  PRIMARY KEY (local_day, event_id)
) PARTITION BY RANGE (local_day);
CREATE TABLE events_other_days PARTITION OF events DEFAULT;

-- The province's keyed hash of the person, written by the vault alone.
CREATE TABLE event_subjects (
  local_day date NOT NULL,
  event_id uuid NOT NULL,
  subject bytea,
  fault text,
  keyed_at_ms bigint NOT NULL,
  PRIMARY KEY (local_day, event_id),
  CHECK ((subject IS NULL) <> (fault IS NULL))
) PARTITION BY RANGE (local_day);
CREATE TABLE event_subjects_other_days PARTITION OF event_subjects DEFAULT;

-- Ranges of events whose bodies the vault has not opened yet; one row a batch.
CREATE TABLE vault_work (
  work_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  instance_key bigint NOT NULL,
  first_seq bigint NOT NULL,
  last_seq bigint NOT NULL
);

-- Lines that could not be stored as events, byte for byte.
CREATE TABLE quarantine (
  quarantine_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  station text NOT NULL REFERENCES stations,
  raw_sha256 bytea NOT NULL,
  raw bytea NOT NULL,
  reason text NOT NULL,
  event_id uuid,
  instance uuid,
  seq bigint,
  received_at_ms bigint NOT NULL,
  stored_at_ms bigint,
  UNIQUE (station, raw_sha256)
);

-- What somebody should look into: a fork, a broken chain, a book that went back.
CREATE TABLE incidents (
  incident_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL,
  station text NOT NULL REFERENCES stations,
  instance uuid NOT NULL,
  seq bigint NOT NULL,
  noticed_at_ms bigint NOT NULL,
  UNIQUE (kind, station, instance, seq)
);

CREATE TABLE cases (
  case_number text PRIMARY KEY,
  basis text NOT NULL,
  reason text NOT NULL,
  opened_by text NOT NULL,
  opened_at_ms bigint NOT NULL
);

-- Who did what, each row bound to the one before it.
CREATE TABLE audit (
  audit_seq bigint PRIMARY KEY,
  record json NOT NULL,
  prev_hash bytea NOT NULL,
  hash bytea NOT NULL
);
