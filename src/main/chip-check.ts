import type { X509Certificate } from "node:crypto";
import type { ChipView, VerdictView } from "#contract/bridge.ts";
import { localDay } from "#core/dates.ts";
import type { HolderMatch } from "#core/health-certificate.ts";
import { chipPasswords } from "#core/chip/chip-passwords.ts";
import type { Transmit } from "#core/chip/command.ts";
import { readChip } from "#core/chip/read-chip.ts";
import type { ChipFault, ChipReading } from "#core/chip/read-chip.ts";
import type { Credential } from "#core/credential.ts";
import type { Clock } from "#core/ports.ts";
import type { Outcome } from "#main/check-in.ts";
import type { LastHere } from "#main/last-here.ts";
import type { Recorder } from "#main/recorder.ts";
import { emptyView } from "#main/verdict-view.ts";
import { chipCrypto } from "#sealing/chip-crypto.ts";
import { authenticateChip } from "#sealing/passive-authentication.ts";
import type { ChipProof } from "#sealing/passive-authentication.ts";
import { NotSaved } from "#storage/entry-book.ts";

/** What a chip that was laid on the reader has shown. */
export type ChipFinding =
  /** Nobody passed in the last minute: without the card's code nothing opens its chip. */
  | { readonly kind: "alone" }
  | { readonly kind: "unread"; readonly here: LastHere; readonly reason: ChipFault }
  | {
      readonly kind: "checked";
      readonly here: LastHere;
      readonly standing: ChipStanding;
      readonly holder: HolderMatch;
    };

type ChipStanding = Extract<ChipView, { kind: "checked" }>["standing"];

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

/** The verdict of a finding; a checked chip is durable in the book before it is shown. */
export function chipOutcome(
  finding: ChipFinding,
  recorder: Recorder,
  now: { readonly verdictNumber: number; readonly atMs: number },
): Outcome {
  const common = { documentKind: null, direction: null, durableMs: null, fault: null };
  const view = chipVerdict(finding, now);
  if (finding.kind !== "checked") {
    return { ...common, verdict: view, reason: "chip-unread", eventId: null };
  }
  const { here, standing, holder } = finding;
  const entry = here.person.entryId;
  try {
    const details = { entry, format: "chip", standing, holder };
    const { eventId } = recorder.note("attachment", here.shown.lane, details);
    return { ...common, verdict: view, reason: "chip", eventId };
  } catch (cause) {
    if (!(cause instanceof NotSaved)) throw cause;
    const verdict: VerdictView = {
      ...here.shown,
      number: view.number,
      atMs: view.atMs,
      kind: "unknown",
      reason: "not-saved",
      recorded: false,
    };
    return { ...common, verdict, reason: "not-saved", eventId: null, fault: cause };
  }
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

function chipVerdict(
  finding: ChipFinding,
  { verdictNumber: number, atMs }: { readonly verdictNumber: number; readonly atMs: number },
): VerdictView {
  if (finding.kind === "alone") {
    return { ...emptyView(number, atMs, ""), reason: "chip", chip: { kind: "alone" } };
  }
  const { shown } = finding.here;
  if (finding.kind === "unread") {
    const chip = { kind: "unread", reason: finding.reason } as const;
    return { ...shown, number, atMs, kind: "unknown", reason: "chip", recorded: false, chip };
  }
  const { standing, holder } = finding;
  const isGood = standing !== "invalid" && holder === "same";
  const chip = { kind: "checked", standing, holder } as const;
  return { ...shown, number, atMs, kind: isGood ? shown.kind : "notice", reason: "chip", chip };
}
