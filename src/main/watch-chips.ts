import { watchChipReaders } from "#drivers/chip-reader.ts";
import { connectPcscd, PCSCD_SOCKET } from "#drivers/pcscd.ts";
import { checkChip } from "#main/chip-check.ts";
import type { Log } from "#main/log.ts";
import type { Station } from "#main/station.ts";
import { systemClock } from "#main/system-ports.ts";
import { readCountrySigners } from "#main/trust-file.ts";

/** What the watch needs besides the station. */
export type ChipOptions = { readonly chipTrustFile: string | null; readonly log: Log };

/**
 * Checks every card that is laid on a contactless reader against whoever passed last, until the signal aborts. Nothing of a
 * scan waits for it. Only Linux' PC/SC service is spoken to. Throws UsageError at once when the trust file is none.
 */
export function watchChips(
  { chipTrustFile, log }: ChipOptions,
  station: Station,
  signal: AbortSignal,
): Promise<void> {
  const countrySigners = readCountrySigners(chipTrustFile);
  if (process.platform !== "linux") return Promise.resolve();
  const path = process.env["PCSCLITE_CSOCK_NAME"] ?? PCSCD_SOCKET;
  return watchChipReaders(
    {
      async onCard(transmit) {
        const parts = { clock: systemClock, countrySigners };
        const finding = await checkChip(transmit, station.chipOwner(), parts);
        station.takeChip(finding);
      },
      onReaders: (count) => log.event("chip", { readers: count }),
      onFault: (cause) => log.fault("chip", cause),
    },
    { clock: systemClock, signal, connect: () => connectPcscd(path) },
  );
}
