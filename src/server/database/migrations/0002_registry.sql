-- Who may do what on the server, and the registry of places. Times are UTC milliseconds.

-- People of the province and its communes, owners of places, and other systems. What they did stays in the audit trail.
CREATE TABLE officers (
  officer text PRIMARY KEY CHECK (officer ~ '^[a-z0-9][a-z0-9._-]{1,39}$'),
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('person', 'system')),
  made_at_ms bigint NOT NULL,
  revoked_at_ms bigint
);

-- A role counts where its scope reaches: everywhere, in one commune, or at one place. No foreign key on scope_id: it
-- names rows of two tables.
CREATE TABLE officer_roles (
  officer text NOT NULL REFERENCES officers,
  role text NOT NULL
    CHECK (role IN ('viewer', 'place-owner', 'fleet', 'tracer', 'approver', 'auditor', 'admin')),
  scope_kind text NOT NULL CHECK (scope_kind IN ('province', 'commune', 'place')),
  scope_id text NOT NULL CHECK ((scope_kind = 'province') = (scope_id = '')),
  given_at_ms bigint NOT NULL,
  PRIMARY KEY (officer, role, scope_kind, scope_id)
);

-- Bearer tokens, of which only the hash is kept: 256 random bits need no slow hash.
CREATE TABLE access_keys (
  key_id text PRIMARY KEY,
  token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  officer text NOT NULL REFERENCES officers,
  label text NOT NULL,
  made_at_ms bigint NOT NULL,
  expires_at_ms bigint NOT NULL,
  revoked_at_ms bigint,
  last_used_at_ms bigint
);
CREATE INDEX access_keys_of_officer ON access_keys (officer);
