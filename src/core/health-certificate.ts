import type { PartialDate } from "#core/credential.ts";
import type { DamageReason, SignatureCheck } from "#core/recognize.ts";
import { foldName } from "#core/vietnamese.ts";

/**
 * What a vaccination, test or recovery certificate (EU DCC, Decision 5772/QĐ-BYT) says about its holder. It has no
 * document number: it is shown beside a person, and never identifies one.
 */
export type HealthCertificate = {
  readonly signature: SignatureCheck;
  /** True outside the certificate's own time: after its last moment, or before it was issued. */
  readonly isOutOfDate: boolean;
  /** True when the known signer's own certificate is out of date; its signatures still count. */
  readonly isSignerOutOfDate: boolean;
  /** Country that issued it, two letters; null when it does not say. */
  readonly issuer: string | null;
  /** Family name first, as in Vietnam; NFC. */
  readonly name: string | null;
  readonly birthDate: PartialDate | null;
  readonly event: HealthEvent;
  readonly issuedAtMs: number | null;
  readonly expiresAtMs: number | null;
};

/** The one thing that a certificate is about. */
export type HealthEvent =
  | {
      readonly kind: "vaccination";
      readonly on: PartialDate | null;
      readonly dose: number | null;
      readonly doses: number | null;
    }
  | { readonly kind: "test"; readonly on: PartialDate | null }
  | { readonly kind: "recovery"; readonly on: PartialDate | null };

/** What became of reading a certificate's text. */
export type HealthCertificateReading =
  | { readonly kind: "read"; readonly certificate: HealthCertificate }
  | { readonly kind: "damaged"; readonly reason: DamageReason };

/** True when two names are the same words without marks, in any order: passports and cards order them differently. */
export function isSameName(one: string, other: string): boolean {
  return sortedWords(one) === sortedWords(other);
}

function sortedWords(name: string): string {
  return foldName(name)
    .split(/[^a-z]+/)
    .toSorted()
    .join(" ")
    .trim();
}

/** What a certificate's proof is worth now, in one word; the most telling fault wins. */
export type CertificateStanding = "valid" | "invalid" | "unknown-signer" | "out-of-date";

/** A signature comes before dates: what nobody vouches for has no date worth telling. */
export function standingOf(certificate: HealthCertificate): CertificateStanding {
  if (certificate.signature !== "valid") return certificate.signature;
  return certificate.isOutOfDate ? "out-of-date" : "valid";
}

/** Whether the holder of a certificate is the person before the guard; `unknown` when one of them names nobody. */
export type HolderMatch = "same" | "other" | "unknown";

/** Compares names after folding, and dates of birth as far as both are written. */
export function matchHolder(
  certificate: Pick<HealthCertificate, "name" | "birthDate">,
  person: { readonly name: string | null; readonly birthDate: PartialDate | null },
): HolderMatch {
  if (isOtherDate(certificate.birthDate, person.birthDate)) return "other";
  if (certificate.name === null || person.name === null) return "unknown";
  return isSameName(certificate.name, person.name) ? "same" : "other";
}

function isOtherDate(one: PartialDate | null, other: PartialDate | null): boolean {
  if (one === null || other === null) return false;
  const length = Math.min(one.length, other.length);
  return one.slice(0, length) !== other.slice(0, length);
}
