/** Entries are kept for this many local days and no longer (design: fixed values); a province may keep fewer. */
export const MOST_DAYS = 28;

/**
 * Who looked at whom, and who holds a personal code, is kept for this long: two years, so that a citizen can ask and a
 * wrong look can be followed up long after the entries are gone (docs/decisions/0047-what-is-kept-for-how-long.md).
 */
export const RECORD_DAYS = 730;

/** What is older than this is kept no longer than {@link RECORD_DAYS} asks; UTC milliseconds. */
export function recordsCutoffMs(nowMs: number): number {
  return nowMs - RECORD_DAYS * 86_400_000;
}

/** Feedback that nobody closed counts as closed a year after it came. */
const FEEDBACK_LIFE_MS = 365 * 86_400_000;

/** How rows of one table come to their end. */
export type RetentionRule =
  /** Partitioned by local day: days go whole, but for those that a case holds. */
  | { readonly kind: "daily" }
  /** `day`: SQL of the local day that a row belongs to; it goes with that day, and is held with it. */
  | { readonly kind: "day"; readonly day: string }
  /** `isOver`: SQL that is true for what is older than `$1`, UTC milliseconds; no case holds it. */
  | { readonly kind: "age"; readonly isOver: string; readonly limit: "entries" | "records" }
  /** The audit trail loses its beginning, up to one of its signed heads. */
  | { readonly kind: "trail" }
  /** Never deleted by age. */
  | { readonly kind: "stays"; readonly because: string };

const noPerson = (because: string): RetentionRule => ({ kind: "stays", because });
const registry = noPerson("the registry: places and who runs them, changed by officers alone");
const proof = noPerson("counts and signatures that prove what was done");
const work = noPerson("a queue of ids, emptied by its worker");

/**
 * Every table of the schema and what becomes of its rows; a table that names others comes before them. A new table needs a
 * line here: a test compares this with the schema.
 */
export const retentionRules: Readonly<Record<string, RetentionRule>> = {
  events: { kind: "daily" },
  event_subjects: { kind: "daily" },
  visits: { kind: "daily" },
  legacy_entries: { kind: "day", day: "local_day" },
  undone_entries: { kind: "day", day: "local_day" },
  heard_hours: {
    kind: "day",
    day: "(to_timestamp(hour_ms / 1000.0) AT TIME ZONE 'Asia/Ho_Chi_Minh')::date",
  },
  // Lines in quarantine, losers of a fork among them, may hold sealed bodies. No case can need what nobody can read.
  quarantine: { kind: "age", isOver: "received_at_ms < $1", limit: "entries" },
  declarations: { kind: "age", isOver: "declared_at_ms < $1", limit: "entries" },
  feedback: {
    kind: "age",
    isOver: `coalesce(closed_at_ms, received_at_ms + ${FEEDBACK_LIFE_MS}) < $1`,
    limit: "entries",
  },
  enrolment_codes: { kind: "age", isOver: "expires_at_ms < $1", limit: "entries" },
  // Dates only what its boot recorded before it met the server, which is uploaded soon after; a living boot is learned anew.
  boots: { kind: "age", isOver: "learned_at_ms < $1", limit: "entries" },
  // A code that is still shown at doors is not forgotten, whenever it was printed.
  personal_codes: {
    kind: "age",
    isOver: `last_issued_at_ms < $1 AND NOT EXISTS (
               SELECT FROM document_links l JOIN event_subjects s ON s.subject = l.same_as AND s.keyed_as = l.subject
               WHERE l.subject = personal_codes.code)`,
    limit: "records",
  },
  document_links: {
    kind: "age",
    isOver: `basis = 'personal-code' AND made_at_ms < $1
             AND NOT EXISTS (SELECT FROM personal_codes c WHERE c.code = document_links.subject)`,
    limit: "records",
  },
  trace_persons: {
    kind: "age",
    isOver: "trace_id IN (SELECT trace_id FROM traces WHERE asked_at_ms < $1)",
    limit: "records",
  },
  traces: { kind: "age", isOver: "asked_at_ms < $1", limit: "records" },
  approval_requests: { kind: "age", isOver: "asked_at_ms < $1", limit: "records" },
  unknown_place_codes: { kind: "age", isOver: "last_seen_at_ms < $1", limit: "records" },
  audit: { kind: "trail" },
  audit_heads: proof,
  deletions: proof,
  deletion_reports: proof,
  event_keys: noPerson("ids and hashes: what was deleted must not come back as new"),
  instances: noPerson("how far each stream of a station has come"),
  incidents: noPerson("stations and numbers"),
  cases: noPerson("the legal reason of what the trail names"),
  holds: noPerson("days and cases"),
  gate_hour_counts: noPerson("counts; they go after 90 days where they are made"),
  counted_days: noPerson("days; they go after 90 days where they are made"),
  station_health: noPerson("what a station said of itself last"),
  province: registry,
  province_settings: registry,
  places: registry,
  gates: registry,
  gate_hours: registry,
  lanes: registry,
  zones: registry,
  place_codes: registry,
  communes: registry,
  former_units: registry,
  stations: registry,
  rules: registry,
  officers: registry,
  officer_roles: registry,
  access_keys: registry,
  vault_work: work,
  pairing_work: work,
};
