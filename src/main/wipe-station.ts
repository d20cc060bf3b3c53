import type { EnrolmentRecord } from "#main/enrolment-record.ts";
import type { Log } from "#main/log.ts";
import type { SigningKeys } from "#main/signing-keys.ts";
import type { Station } from "#main/station.ts";
import type { StationStore } from "#main/station-store.ts";
import { tellWiped } from "#main/tell-wiped.ts";
import type { TellWipedParts } from "#main/tell-wiped.ts";
import { finishForgetting, writeWipeNote } from "#main/wipe-note.ts";
import { secretOfKey, toBase64url } from "#sealing/keys.ts";
import type { HeardOrder } from "#sync/hello.ts";

export type WipeParts = Omit<TellWipedParts, "folder"> & {
  readonly store: StationStore;
  readonly station: Station;
  readonly enrolment: EnrolmentRecord;
  readonly signingKeys: Pick<SigningKeys, "current">;
  readonly log: Log;
  /** Ends everything that uses the store: scanners, upload, housekeeping. */
  readonly release: () => Promise<void>;
  /** Ends the telling; what is not told is told after the next start. */
  readonly signal: AbortSignal;
};

/** Obeys an order to wipe, once. */
export type Wipe = {
  /** Decides, durably, and goes on by itself. Throws what the disk throws; then nothing is decided. */
  onOrder(heard: HeardOrder): void;
  hasBegun(): boolean;
  /** Resolves when nothing goes on any more. */
  done(): Promise<void>;
};

/**
 * The wipe of a running station: begins when the province orders it in the same signed answer in which it says that it
 * holds the whole book, and from then on only goes forward, over any number of deaths (see wipe-note.ts).
 */
export function createWipe(parts: WipeParts): Wipe {
  let running: Promise<void> | null = null;
  return {
    onOrder({ order, hasEverything }) {
      if (order !== "wipe" || !hasEverything || running !== null) return;
      decide(parts);
      running = carryOut(parts);
    },
    hasBegun: () => running !== null,
    done: () => running ?? Promise.resolve(),
  };
}

/** Synchronous: no event can come between the look at the book and the decision. */
function decide({ store, station, enrolment, signingKeys, log }: WipeParts): void {
  const { instance, seq, hash } = station.book.head();
  writeWipeNote(store.folder, {
    step: "forget",
    station: enrolment.answer.station,
    signing_key: toBase64url(secretOfKey(signingKeys.current().privateKey)),
    answer_key: enrolment.answer.keys.answer_key,
    instance,
    seq,
    hash,
  });
  station.forget();
  log.event("wipe", { step: "forget" });
}

/** A fault leaves the rest to the next start. */
async function carryOut(parts: WipeParts): Promise<void> {
  const { store, log } = parts;
  try {
    await parts.release();
    store.close();
    finishForgetting(store.folder);
    log.event("wipe", { step: "tell" });
    await tellWiped({ ...parts, folder: store.folder }, parts.signal);
  } catch (cause) {
    log.fault("wipe", cause);
  }
}
