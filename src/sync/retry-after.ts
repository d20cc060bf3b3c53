/** How long a server may make us wait, whatever it says. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;

/**
 * A Retry-After header (RFC 9110 §10.2.3) in milliseconds from now, at most one hour; null when it says nothing
 * usable. A date is measured against the answer's own Date header, because our wall clock may be wrong by years.
 */
export function parseRetryAfter(
  value: string | undefined,
  dateHeader: string | undefined,
  nowMs: number,
): number | null {
  const text = value?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(text)) return capped(Number(text) * 1_000);
  const untilMs = parseHttpDate(text);
  if (untilMs === null) return null;
  return capped(untilMs - (parseHttpDate(dateHeader ?? "") ?? nowMs));
}

/** Only dates that begin with a weekday: Date.parse alone would read "-5" as a year. */
function parseHttpDate(text: string): number | null {
  if (!/^[A-Z][a-z]{2,8},? /.test(text)) return null;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : atMs;
}

function capped(ms: number): number {
  return Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER_MS);
}
