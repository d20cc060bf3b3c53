import type { Clock } from "#core/ports.ts";
import type { InstanceReason, Outbox } from "#core/outbox.ts";
import type { HelloAnswer, HelloRequest, ProvinceOrder } from "#contract/wire.ts";

/** What the station says of itself with every hello, besides what the book and the clock know. */
export type HelloFacts = Pick<
  HelloRequest,
  | "app_version"
  | "boot_id"
  | "policy_version"
  | "disk_free_bytes"
  | "scanners"
  | "state"
  | "new_key"
>;

const MAX_SCANNERS = 16;
const MAX_SCANNER_STATE = 16;
const MAX_NAME = 64;

/** The hello of this moment, within the limits of the contract whatever the facts are. */
export function helloRequest(outbox: Outbox, clock: Clock, facts: HelloFacts): HelloRequest {
  const head = outbox.head();
  const oldestMs = outbox.oldestPendingMs();
  return {
    instance: head.instance,
    seq: head.seq,
    hash: head.hash,
    acknowledged_upto: outbox.acknowledgedUpto(),
    pending: outbox.pendingCount(),
    oldest_pending_ms: oldestMs === null ? null : Math.round(oldestMs),
    app_version: facts.app_version.slice(0, MAX_NAME),
    boot_id: facts.boot_id,
    wall_ms: Math.round(clock.nowMs()),
    mono_ms: Math.round(clock.monoMs()),
    policy_version: facts.policy_version,
    disk_free_bytes:
      facts.disk_free_bytes === null ? null : Math.max(0, Math.floor(facts.disk_free_bytes)),
    scanners: facts.scanners.slice(0, MAX_SCANNERS).map((scanner) => ({
      lane: scanner.lane.slice(0, MAX_NAME),
      state: scanner.state.slice(0, MAX_SCANNER_STATE),
      since_ms: Math.round(scanner.since_ms),
      ...scannerHealth(scanner),
    })),
    ...(facts.state === undefined ? {} : { state: facts.state }),
    ...(facts.new_key === undefined ? {} : { new_key: facts.new_key }),
  };
}

type ScannerFacts = HelloFacts["scanners"][number];

function scannerHealth({ trouble, last_scan_ms: lastScanMs, counts }: ScannerFacts) {
  return {
    trouble: trouble?.slice(0, MAX_SCANNER_STATE) ?? null,
    last_scan_ms: typeof lastScanMs === "number" ? Math.round(lastScanMs) : null,
    ...(counts === undefined ? {} : { counts }),
  };
}

/** What the comparison of the two heads asks of the book. */
export type Reconciliation =
  | { readonly kind: "none" }
  | { readonly kind: "new-instance"; readonly reason: InstanceReason }
  /** The server lacks events that were acknowledged: it was restored from a backup. */
  | { readonly kind: "resend"; readonly afterSeq: number };

/** What the province orders, and whether it has said in the same answer that it holds the whole book. */
export type HeardOrder = { readonly order: ProvinceOrder; readonly hasEverything: boolean };

/**
 * The order of an answer. `hasEverything` only when nothing waits here, both books end at the same event, and the
 * server lacks none before it: less is no ground to forget anything.
 */
export function orderOf(answer: HelloAnswer, request: HelloRequest, outbox: Outbox): HeardOrder {
  const head = outbox.head();
  const isSameHead = head.instance === request.instance && head.seq === request.seq;
  const isNothingWaiting =
    request.pending === 0 && outbox.pendingCount() === 0 && outbox.oldestPendingMs() === null;
  const isWholeThere =
    answer.comparison === "equal" &&
    answer.missing.length === 0 &&
    answer.contiguous_upto === head.seq;
  return {
    order: answer.state ?? "active",
    hasEverything: isSameHead && isNothingWaiting && isWholeThere,
  };
}

/** The station's side of the comparison, as it was sent. */
export type OwnHead = Pick<HelloRequest, "acknowledged_upto">;

/**
 * `server-ahead` and `fork` begin a new instance. Whatever lies below our acknowledged mark and is not at the server is
 * sent again, from the end of its gap-free prefix on; what the server has already is answered `duplicate`.
 */
export function reconcile(answer: HelloAnswer, own: OwnHead): Reconciliation {
  if (answer.comparison === "server-ahead" || answer.comparison === "fork") {
    return { kind: "new-instance", reason: answer.comparison };
  }
  const gapStarts = answer.missing.map(([from]) => from - 1);
  const presentUpto = Math.max(0, Math.min(answer.contiguous_upto, ...gapStarts));
  if (presentUpto < own.acknowledged_upto) return { kind: "resend", afterSeq: presentUpto };
  return { kind: "none" };
}
