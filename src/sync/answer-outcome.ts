import { assertNever } from "#core/assert.ts";
import type { Outcome } from "#sync/retry.ts";
import type { FailedExchange } from "#sync/session.ts";
import type { SyncTrouble } from "#sync/view.ts";

/** What a failed exchange means for the pace, whatever was asked; null when that depends on the request. */
export function commonOutcome(failure: FailedExchange): Outcome | null {
  if (failure.kind !== "problem") return null;
  const { status, code, retryAfterMs } = failure;
  // Without a problem's code it is some portal's 403, which says nothing about this station.
  if ((status === 401 || status === 403) && code !== null) return { kind: "refused", code };
  if (status === 429) return { kind: "come-back-later", afterMs: retryAfterMs ?? 0 };
  if (status === 503 && retryAfterMs !== null) {
    return { kind: "come-back-later", afterMs: retryAfterMs };
  }
  return null;
}

/** The word for the status line. */
export function troubleOf(failure: FailedExchange): SyncTrouble {
  switch (failure.kind) {
    case "no-answer":
      return failure.failure;
    case "not-an-answer":
      return "not-an-answer";
    case "problem":
      if (failure.status === 429 || failure.status === 503) return "busy";
      return failure.status >= 500 ? "server-error" : "not-an-answer";
    default:
      return assertNever(failure);
  }
}
