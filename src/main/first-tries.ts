import type { Clock } from "#core/ports.ts";
import type { DeviceState } from "#drivers/supervise.ts";

/** Whether every scanner has been tried once. */
export type FirstTries = {
  /** A lane's scanner is in this state now. */
  tell(lane: string, state: DeviceState["state"]): void;
  /** Resolves when every scanner was opened or found missing, after `limitMs`, or when `signal` aborts. */
  done(limitMs: number, signal: AbortSignal): Promise<void>;
};

/** Opening a serial port throws away what came before: whoever scans at the word "ready" must find it open. */
export function createFirstTries(
  lanes: readonly { readonly name: string }[],
  clock: Clock,
): FirstTries {
  const untried = new Set(lanes.map((lane) => lane.name));
  const over = new AbortController();
  return {
    tell(lane, state) {
      if (state === "waiting") return;
      untried.delete(lane);
      if (untried.size === 0) over.abort();
    },
    done: (limitMs, signal) => clock.sleep(limitMs, AbortSignal.any([signal, over.signal])),
  };
}
