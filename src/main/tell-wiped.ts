import type { Clock, Network } from "#core/ports.ts";
import type { Log } from "#main/log.ts";
import { readWipeNote, writeWipeNote } from "#main/wipe-note.ts";
import type { TellNote } from "#main/wipe-note.ts";
import { fromBase64url, keyPairFromSecret } from "#sealing/keys.ts";
import { sayWiped } from "#sync/say-wiped.ts";

export type TellWipedParts = {
  /** The station's folder, with the note of the wipe. */
  readonly folder: string;
  readonly network: Network;
  readonly clock: Clock;
  readonly bootId: string;
  readonly version: string;
  readonly log: Log;
};

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 300_000;

/**
 * Tells the province that nothing is left here, until it has answered or `signal` aborts; then the old key goes, too.
 * Resolves at once when there is nothing to tell.
 */
export async function tellWiped(parts: TellWipedParts, signal: AbortSignal): Promise<void> {
  const note = readWipeNote(parts.folder);
  if (note?.step !== "tell") return;
  for (
    let waitMs = FIRST_WAIT_MS;
    !signal.aborted;
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)
  ) {
    const problem = await tellOnce(parts, note, signal);
    if (problem === null) {
      writeWipeNote(parts.folder, { step: "told" });
      return parts.log.event("wipe", { step: "told" });
    }
    parts.log.event("network", { problem, path: "/v1/hello" });
    await parts.clock.sleep(waitMs, signal);
  }
}

/** Null: the province has answered. */
async function tellOnce(
  parts: TellWipedParts,
  note: TellNote,
  signal: AbortSignal,
): Promise<string | null> {
  const identity = {
    station: note.station,
    privateKey: keyPairFromSecret("ed25519", fromBase64url(note.signing_key)).privateKey,
    answerKey: fromBase64url(note.answer_key),
  };
  const facts = {
    instance: note.instance,
    seq: note.seq,
    hash: note.hash,
    app_version: parts.version,
    boot_id: parts.bootId,
  };
  const { network, clock } = parts;
  const exchange = await sayWiped({ network, clock, identity }, facts, signal);
  return exchange.kind === "answered" ? null : exchange.kind;
}
