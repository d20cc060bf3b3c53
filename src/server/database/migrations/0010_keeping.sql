-- Proof of the audit trail, and what lets old rows be found. Times are UTC milliseconds.

-- How far the trail had come, signed with the province's answer key: once a local day, and whenever the server stops.
CREATE TABLE audit_heads (
  head_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  audit_seq bigint NOT NULL,
  local_day date NOT NULL,
  made_at_ms bigint NOT NULL,
  -- Canonical JSON (RFC 8785), the very bytes that were signed.
  head text NOT NULL,
  signature bytea NOT NULL
);

-- Rows come in the order of time, so that a range index is small and costs next to nothing.
CREATE INDEX heard_hours_by_time ON heard_hours USING brin (hour_ms);
CREATE INDEX traces_by_time ON traces (asked_at_ms);
CREATE INDEX trace_persons_of_trace ON trace_persons (trace_id);
