import type { Clock } from "#core/ports.ts";
import type { Pool } from "#server/database/pool.ts";
import { drainQueue } from "#server/database/work-queue.ts";
import type { ServerLog } from "#server/log.ts";
import { pairNext } from "#server/tracing/pair-step.ts";

export type PairingParts = { readonly pool: Pool; readonly clock: Clock; readonly log: ServerLog };

/** Entries come all the time, and nobody waits for their visits: an answer pairs what is left itself. */
const LOOK_AGAIN_MS = 2_000;
const AFTER_FAULT_MS = 1_000;
/** Uploads go first. */
const BETWEEN_STEPS_MS = 60;

/** Keeps the visits up to date until the signal aborts. Never rejects: what fails is tried again. */
export async function runPairing(parts: PairingParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await parts.clock.sleep(await stepAndRest(parts), signal);
}

/** Resolves when everything that the vault had keyed before the call is paired. */
export async function catchUpPairing(pool: Pool, clock: Clock): Promise<void> {
  await drainQueue(pool, clock, "pairing_work", async () => (await pairNext(pool)).kind !== "busy");
}

async function stepAndRest({ pool, log }: PairingParts): Promise<number> {
  try {
    const step = await pairNext(pool);
    return step.kind === "paired" ? BETWEEN_STEPS_MS : LOOK_AGAIN_MS;
  } catch (cause) {
    log.fault("tracing", cause);
    return AFTER_FAULT_MS;
  }
}
