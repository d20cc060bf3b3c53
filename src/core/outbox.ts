/** An event that the province has not answered for yet, exactly as it will be sent. */
export type PendingEvent = {
  readonly eventId: string;
  readonly instance: string;
  readonly seq: number;
  /** Canonical JSON of the header; the text that was hashed. */
  readonly headerText: string;
  readonly hash: string;
  readonly sealedBody: Uint8Array | null;
};

/** Where the book stands: the last event of the current instance. `seq` 0 and the genesis hash when it is empty. */
export type BookHead = { readonly instance: string; readonly seq: number; readonly hash: string };

/** Why a new life of the entry book began. */
export type InstanceReason = "enrolment" | "server-ahead" | "fork" | "rebuilt";

/** The entry book seen as a queue to the province. It never gives up and never forgets what is not answered. */
export type Outbox = {
  head(): BookHead;
  /** Largest N such that 1 … N of the current instance are answered. */
  acknowledgedUpto(): number;
  pendingCount(): number;
  oldestPendingMs(): number | null;
  /**
   * The oldest pending events of one instance, at most `maxEvents` and about `maxBytes` of lines; empty when all is
   * sent. Events set aside come only when nothing else is pending and their rest is over.
   */
  nextBatch(maxEvents: number, maxBytes: number, nowMs: number): readonly PendingEvent[];
  /** Marks events as sent, by id, in one transaction. Unknown ids change nothing. Returns how many were newly marked. */
  acknowledge(eventIds: readonly string[], nowMs: number): number;
  /** Server restored from a backup: everything after `seq` of `instance` whose body is still kept is pending again. */
  resendAfter(instance: string, seq: number): number;
  /** A poison event: it leaves the queue until `untilMs`, the others go on. */
  setAside(eventId: string, untilMs: number): void;
  /** Begins a new instance; pending events of old ones stay pending. Returns the new head. */
  startInstance(reason: InstanceReason, nowMs: number): BookHead;
};
