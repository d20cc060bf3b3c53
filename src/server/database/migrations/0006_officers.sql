-- Officers ask for themselves and a second one agrees: cases that end, and requests for approval. Times are UTC
-- milliseconds.

-- A closed case answers nothing more.
ALTER TABLE cases ADD COLUMN closed_at_ms bigint;
ALTER TABLE cases ADD COLUMN closed_by text;
ALTER TABLE cases ADD COLUMN closing_note text;
CREATE INDEX cases_by_opening ON cases (opened_at_ms, case_number);
CREATE INDEX traces_of_case ON traces (case_number, asked_at_ms);

-- What somebody may not do alone. The question is canonical JSON (RFC 8785), with persons by their subjects and never by
-- a document's number. `place`: the question is about this place alone, so an approver of its commune may decide.
CREATE TABLE approval_requests (
  request text PRIMARY KEY,
  request_no bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  case_number text NOT NULL REFERENCES cases,
  asked_by text NOT NULL,
  asked_at_ms bigint NOT NULL,
  question text NOT NULL,
  place text,
  reason text NOT NULL,
  -- What the officer who decides is told: how many persons it is, and days where the question has such.
  persons integer NOT NULL,
  days integer,
  decision text CHECK (decision IN ('granted', 'refused')),
  decided_by text CHECK (decided_by <> asked_by),
  decided_at_ms bigint,
  note text,
  CHECK ((decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_at_ms IS NULL)
    AND (decision IS NULL) = (note IS NULL))
);
CREATE INDEX approval_requests_of_case ON approval_requests (case_number, request_no);
CREATE INDEX approval_requests_of_asker ON approval_requests (asked_by, request_no);
CREATE INDEX approval_requests_waiting ON approval_requests (request_no) WHERE decision IS NULL;

-- How many persons a case has opened, and who opened one person's entries, are asked again and again.
CREATE INDEX audit_openings_of_case ON audit ((record->>'case')) WHERE record->>'action' = 'entry-opened';
CREATE INDEX audit_openings_of_subject ON audit ((record->>'subject')) WHERE record->>'action' = 'entry-opened';

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tramqr_tracing') THEN
    GRANT SELECT, INSERT, UPDATE ON approval_requests TO tramqr_tracing;
  END IF;
END $$;
