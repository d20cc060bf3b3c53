import type { Clock } from "#core/ports.ts";
import { createBodyOpener } from "#sealing/sealed-body.ts";
import type { Pool } from "#server/database/pool.ts";
import type { ServerLog } from "#server/log.ts";
import { drainQueue } from "#server/database/work-queue.ts";
import { createUploadTraffic } from "#server/ingest/upload-traffic.ts";
import { keyNextRange } from "#server/vault/key-subjects.ts";
import type { KeyingStep } from "#server/vault/key-subjects.ts";
import type { ProvinceSecrets } from "#server/vault/province-keys.ts";

/** The only part of the server that opens bodies. Here it learns whose they are, and keeps the pseudonym only. */
export type Vault = {
  /** New bodies are stored. */
  poke(): void;
  /** Works until the signal aborts, and never rejects: what fails is tried again. */
  run(signal: AbortSignal): Promise<void>;
  /** One range, for simulations. */
  step(): Promise<KeyingStep>;
  /** Resolves when everything that was stored before the call has its subject. */
  catchUp(): Promise<void>;
};

export type VaultParts = {
  readonly pool: Pool;
  readonly secrets: ProvinceSecrets;
  readonly clock: Clock;
  readonly log: ServerLog;
};

/** Contexts of 10,000 stations with some restarts a day. */
const MAX_CONTEXTS = 20_000;
/** Uploads go first: while they come in, a step of the vault rests at least so long. */
const BEHIND_UPLOADS_MS = 250;
/** Other processes store, too; and a database comes back without telling. */
const LOOK_AGAIN_MS = 5_000;
const AFTER_FAULT_MS = 1_000;

export function createVault(parts: VaultParts): Vault {
  const { pool, secrets, clock, log } = parts;
  const opener = createBodyOpener(secrets.openingKey, MAX_CONTEXTS);
  const keying = { pool, opener, subjectKey: secrets.subjectKey };
  const traffic = createUploadTraffic(clock);
  let wake = new AbortController();

  function rouse(): void {
    wake.abort();
  }

  function poke(): void {
    traffic.came();
    rouse();
  }

  async function step(): Promise<KeyingStep> {
    const done = await keyNextRange(keying, clock.nowMs());
    if (done.kind === "keyed" && done.faults > 0) log.event("vault", { faults: done.faults });
    return done;
  }

  async function stepOrFault(): Promise<"nothing" | "keyed" | "fault"> {
    try {
      return (await step()).kind;
    } catch (cause) {
      log.fault("vault", cause);
      return "fault";
    }
  }

  /** The rest after a step. A poke ends only the wait for work. */
  async function rest(
    after: "nothing" | "keyed" | "fault",
    tookMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const wasPoked = wake.signal.aborted;
    const restMs = Math.max(BEHIND_UPLOADS_MS, traffic.restMs(tookMs));
    if (after === "nothing") await clock.sleep(LOOK_AGAIN_MS, wake.signal);
    else if (after === "fault") await clock.sleep(AFTER_FAULT_MS, signal);
    else if (wasPoked) await clock.sleep(restMs, signal);
  }

  return {
    poke,
    step,
    async run(signal) {
      signal.addEventListener("abort", rouse, { once: true });
      while (!signal.aborted) {
        wake = new AbortController();
        const startedMs = clock.monoMs();
        const done = await stepOrFault();
        await rest(done, clock.monoMs() - startedMs, signal);
      }
    },
    async catchUp() {
      await drainQueue(pool, clock, "vault_work", async () => (await step()).kind !== "nothing");
    },
  };
}
