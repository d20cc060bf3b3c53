import type { X509Certificate } from "node:crypto";
import { watchChipReaders } from "#drivers/chip-reader.ts";
import { connectPcscd, PCSCD_SOCKET } from "#drivers/pcscd.ts";
import type { Log } from "#main/log.ts";
import type { Station } from "#main/station.ts";
import { systemClock } from "#main/system-ports.ts";

/** What the watch needs besides the station. */
export type ChipOptions = {
  /** Country signers that are trusted. */
  readonly countrySigners: readonly X509Certificate[];
  readonly log: Log;
};

/**
 * Checks every card that is laid on a contactless reader against whoever passed last, until the signal aborts. Nothing of a
 * scan waits for it. Only Linux' PC/SC service is spoken to.
 */
export function watchChips(
  { countrySigners, log }: ChipOptions,
  station: Station,
  signal: AbortSignal,
): Promise<void> {
  if (process.platform !== "linux") return Promise.resolve();
  const path = process.env["PCSCLITE_CSOCK_NAME"] ?? PCSCD_SOCKET;
  return watchChipReaders(
    {
      async onCard(transmit) {
        const owner = station.chipOwner();
        // The sums of curves are loaded with the first card: most stations never see one.
        const { checkChip } = await import("#main/chip-check.ts");
        const parts = { clock: systemClock, countrySigners };
        station.takeChip(await checkChip(transmit, owner, parts));
      },
      onReaders: (count) => log.event("chip", { readers: count }),
      onFault: (cause) => log.fault("chip", cause),
    },
    { clock: systemClock, signal, connect: () => connectPcscd(path) },
  );
}
