import type { X509Certificate } from "node:crypto";
import { localDay } from "#core/dates.ts";
import type { HolderMatch } from "#core/health-certificate.ts";
import { chipPasswords } from "#core/chip/chip-passwords.ts";
import type { Transmit } from "#core/chip/command.ts";
import { readChip } from "#core/chip/read-chip.ts";
import type { ChipReading } from "#core/chip/read-chip.ts";
import type { Credential } from "#core/credential.ts";
import type { Clock } from "#core/ports.ts";
import type { ChipFinding, ChipStanding } from "#main/chip-outcome.ts";
import type { LastHere } from "#main/last-here.ts";
import { chipCrypto } from "#sealing/chip-crypto.ts";
import { authenticateChip } from "#sealing/passive-authentication.ts";
import type { ChipProof } from "#sealing/passive-authentication.ts";

export type ChipCheckParts = {
  readonly clock: Clock;
  /** Country signers that are trusted; without any every sound chip is of an unknown signer. */
  readonly countrySigners: readonly X509Certificate[];
};

/** Reads the chip of whoever passed last and compares it with the card's code. Throws what `transmit` throws. */
export async function checkChip(
  transmit: Transmit,
  here: LastHere | null,
  parts: ChipCheckParts,
): Promise<ChipFinding> {
  if (here === null) return { kind: "alone" };
  const reading = await openChip(transmit, here.credential);
  if (reading.kind === "failed") return { kind: "unread", here, reason: reading.reason };
  const nowMs = parts.clock.nowMs();
  const now = { nowMs, today: localDay(nowMs) };
  const proof = authenticateChip(reading.files, parts.countrySigners, now);
  const holder = holderOf(proof, here.credential);
  return { kind: "checked", here, standing: standingOf(proof), holder };
}

/** The first password that opens it; one try each, because chips grow slower with every wrong one. */
async function openChip(transmit: Transmit, credential: Credential): Promise<ChipReading> {
  let reading: ChipReading = { kind: "failed", reason: "wrong-password" };
  for (const password of chipPasswords(credential)) {
    reading = await readChip(transmit, password, chipCrypto);
    if (reading.kind === "read" || reading.reason !== "wrong-password") return reading;
  }
  return reading;
}

function standingOf(proof: ChipProof): ChipStanding {
  if (proof.kind === "forged") return "invalid";
  return proof.kind === "genuine" ? "valid" : "unknown-signer";
}

function holderOf(proof: ChipProof, credential: Credential): HolderMatch {
  if (proof.kind === "forged") return "unknown";
  return proof.zone.number === credential.number ? "same" : "other";
}
