import type { NetworkView } from "#contract/bridge.ts";
import type { Outbox } from "#core/outbox.ts";
import type { FailureKind } from "#sync/failure.ts";

/** Why the province is not reached, for the status line. */
export type SyncTrouble = FailureKind | "not-an-answer" | "server-error" | "busy";

/** The network as screen and log see it. */
export type SyncView = NetworkView & {
  /** The last trouble while the state is `offline`; null otherwise. */
  readonly trouble: SyncTrouble | null;
};

/** What is known of the link to the province; `sinceMs` is wall time. */
export type Link = Pick<SyncView, "state" | "sinceMs" | "code" | "trouble">;

/** `link` with a new state; since when only changes with the state. */
export function withState(
  link: Link,
  change: Pick<Link, "state" | "code" | "trouble">,
  nowMs: number,
): Link {
  return { ...change, sinceMs: change.state === link.state ? link.sinceMs : nowMs };
}

/** The link and the queue together. */
export function viewOf(link: Link, outbox: Outbox): SyncView {
  return { ...link, pending: outbox.pendingCount(), oldestPendingMs: outbox.oldestPendingMs() };
}

/** Whether a screen would show the same for both. */
export function isSameView(one: SyncView | null, other: SyncView): boolean {
  return (
    one !== null &&
    one.state === other.state &&
    one.sinceMs === other.sinceMs &&
    one.code === other.code &&
    one.trouble === other.trouble &&
    one.pending === other.pending &&
    one.oldestPendingMs === other.oldestPendingMs
  );
}
