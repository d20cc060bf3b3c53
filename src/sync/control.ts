/** How a drain ended. `set-aside`: what is left are poison events that wait for a later day. */
export type DrainOutcome = {
  readonly kind: "empty" | "set-aside" | "stopped";
  readonly pending: number;
};

/** What the rest of the station may say to a running sync, at any time, from anywhere. */
export type SyncControl = {
  /** A new entry is durable. */
  poke(): void;
  /** The network may have come back: ends a wait of our own choosing, never one that the server asked for. */
  retryNow(): void;
  /** Resolves when nothing is left to send, when the sync has ended, or when `signal` aborts. Never rejects. */
  drain(signal: AbortSignal): Promise<DrainOutcome>;
};

/** The queue as a drain sees it. `set-aside`: nothing can be sent now, something rests. */
export type QueueState = {
  readonly kind: "empty" | "set-aside" | "sending";
  readonly pending: number;
};

/** The sync's own side of a {@link SyncControl}. */
export type SyncBell = SyncControl & {
  /** Registers who is woken by every ring, one at a time; null for nobody. */
  onRing(listener: (() => void) | null): void;
  /** Whether {@link SyncControl.retryNow} or a new drain was called since the last look. */
  takeHurry(): boolean;
  isDraining(): boolean;
  /** Where the queue stands; ends the drains that wait for it. */
  tell(queue: QueueState): void;
  /** The sync has ended: no drain waits any longer, now or later. */
  end(): void;
};

type Drain = {
  settle(outcome: DrainOutcome): void;
};

/** Who is woken while the sync is not asleep. */
const nobody = (): void => {};

/** The bell between the station and its sync. One for each run of the sync. */
export function createSyncBell(): SyncBell {
  const drains = new Set<Drain>();
  let wake = nobody;
  let isHurried = false;
  let pending = 0;
  let hasEnded = false;

  const ring = () => wake();
  const hurry = () => {
    isHurried = true;
    ring();
  };

  return {
    poke: ring,
    retryNow: hurry,
    drain(signal) {
      if (hasEnded) return Promise.resolve({ kind: "stopped", pending });
      return new Promise((resolve) => {
        const give = () => drain.settle({ kind: "stopped", pending });
        const drain: Drain = {
          settle(outcome) {
            drains.delete(drain);
            signal.removeEventListener("abort", give);
            resolve(outcome);
          },
        };
        drains.add(drain);
        signal.addEventListener("abort", give, { once: true });
        if (signal.aborted) give();
        else hurry();
      });
    },
    onRing(listener) {
      wake = listener ?? nobody;
    },
    takeHurry() {
      const was = isHurried;
      isHurried = false;
      return was;
    },
    isDraining: () => drains.size > 0,
    tell(queue) {
      pending = queue.pending;
      if (queue.kind === "sending") return;
      for (const drain of drains) drain.settle({ kind: queue.kind, pending });
    },
    end() {
      hasEnded = true;
      for (const drain of drains) drain.settle({ kind: "stopped", pending });
    },
  };
}
