import type { Clock } from "#core/ports.ts";
import type { Pool } from "#server/database/pool.ts";
import { drainQueue } from "#server/database/work-queue.ts";
import type { UploadTraffic } from "#server/ingest/upload-traffic.ts";
import type { ServerLog } from "#server/log.ts";
import { pairNext } from "#server/tracing/pair-step.ts";

export type PairingParts = {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: ServerLog;
  /** How uploads come in; visits wait for them. */
  readonly traffic: UploadTraffic;
};

/** Entries come all the time, and nobody waits for their visits: an answer pairs what is left itself. */
const LOOK_AGAIN_MS = 2_000;
const AFTER_FAULT_MS = 1_000;
/** Uploads go first, also those that come in this very moment. */
const BETWEEN_STEPS_MS = 60;

/** Keeps the visits up to date until the signal aborts. Never rejects: what fails is tried again. */
export async function runPairing(parts: PairingParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await parts.clock.sleep(await stepAndRest(parts), signal);
}

/** Resolves when everything that the vault had keyed before the call is paired. */
export async function catchUpPairing(pool: Pool, clock: Clock): Promise<void> {
  await drainQueue(pool, clock, "pairing_work", async () => (await pairNext(pool)).kind !== "busy");
}

async function stepAndRest({ pool, clock, log, traffic }: PairingParts): Promise<number> {
  const startedMs = clock.monoMs();
  try {
    const step = await pairNext(pool);
    if (step.kind !== "paired") return LOOK_AGAIN_MS;
    return Math.max(BETWEEN_STEPS_MS, traffic.restMs(clock.monoMs() - startedMs));
  } catch (cause) {
    log.fault("tracing", cause);
    return AFTER_FAULT_MS;
  }
}
