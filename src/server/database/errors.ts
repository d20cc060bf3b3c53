/** The database cannot be used; the message is one sentence that says what to do about it. */
export class DatabaseUnavailable extends Error {
  override readonly name = "DatabaseUnavailable";
}

/** The schema was written by a newer program. */
export class DatabaseTooNew extends Error {
  override readonly name = "DatabaseTooNew";
}

/** The PostgreSQL server is older than the oldest one that is supported. */
export class PostgresTooOld extends Error {
  override readonly name = "PostgresTooOld";
}

/** The PostgreSQL server is set to forget what it has committed (fsync, synchronous_commit or full_page_writes is off). */
export class DatabaseUnsafe extends Error {
  override readonly name = "DatabaseUnsafe";
}

/** A migration that was applied here differs from the file of this program. */
export class MigrationChanged extends Error {
  override readonly name = "MigrationChanged";
}

/** Classes of SQLSTATE that say "not now" (PostgreSQL manual, appendix A): connection, rollback, resources, shutdown. */
const PASSING_CLASSES = ["08", "40", "53", "57", "58"];
const LOCK_NOT_AVAILABLE = "55P03";
const PASSING_SYSTEM_CODES = [
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "EPIPE",
  "ETIMEDOUT",
  "EACCES",
  "EHOSTUNREACH",
];
/** What `pg` says without a code when a connection ends under a query or none can be had. */
const PASSING_MESSAGES = /connection|timeout|not queryable|pool after calling end/i;

/** PostgreSQL's SQLSTATE or the system's error code; empty when there is none. */
export function sqlState(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}

/** True when the same request may well succeed in a moment: the database is away, starting, stopping or overloaded. */
export function isPassing(cause: unknown): boolean {
  if (cause instanceof DatabaseUnavailable) return true;
  const code = sqlState(cause);
  if (code === LOCK_NOT_AVAILABLE || PASSING_SYSTEM_CODES.includes(code)) return true;
  if (code !== "") return PASSING_CLASSES.includes(code.slice(0, 2)) && code.length === 5;
  return cause instanceof Error && PASSING_MESSAGES.test(cause.message);
}

/** True when two transactions were in each other's way and one is to be run again. */
export function isRetryable(cause: unknown): boolean {
  return ["40001", "40P01"].includes(sqlState(cause));
}

/** True when a cluster cannot carry out a statement that a single PostgreSQL can. */
export function isNotSupported(cause: unknown): boolean {
  return sqlState(cause) === "0A000";
}

/** True when PostgreSQL refused a value itself: out of range, not storable as text or JSON, too large for an index. */
export function isDataRefused(cause: unknown): boolean {
  return /^(?:22|23|21|54)[0-9A-Z]{3}$/.test(sqlState(cause));
}
