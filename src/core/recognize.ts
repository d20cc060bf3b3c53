import type { Credential, FormatName } from "#core/credential.ts";
import { allFormats } from "#core/formats/index.ts";
import type { HealthCertificate, HealthCertificateReading } from "#core/health-certificate.ts";
import { decodeScan } from "#core/text.ts";
import type { DecodedText } from "#core/text.ts";

/** Why a card that is clearly of a known format could not be used. Each has its own line and action on the screen. */
export type DamageReason =
  | "too-short"
  | "fields-missing"
  | "bad-number"
  | "bad-check-digit"
  | "bad-signature"
  | "not-hex"
  | "input-method-on"
  | "wrong-layout"
  | "two-cards"
  | "newer-format"
  | "corrupt";

/** What a code is when it is certainly not a person's. */
export type ForeignReason =
  | "place-code"
  | "payment"
  | "link"
  | "contact"
  | "product"
  | "health-certificate"
  | "too-short"
  | "noise";

/**
 * One recogniser's answer. `damaged` is "mine, but broken"; `diagnosed` is "mine, and no person's code"; `attachment`
 * is "mine, about a person, and not who it is"; `foreign` is "ask the next one".
 */
export type Recognition =
  | { readonly kind: "recognized"; readonly credential: Credential }
  | { readonly kind: "damaged"; readonly reason: DamageReason }
  | { readonly kind: "diagnosed"; readonly reason: ForeignReason }
  | { readonly kind: "attachment"; readonly certificate: HealthCertificate }
  | { readonly kind: "foreign" };

/**
 * The answer about a whole scan: exactly one format owns it, or nobody does. An attachment has the reason that it gets
 * where no person stands beside it.
 */
export type Recognized =
  | { readonly kind: "recognized"; readonly format: FormatName; readonly credential: Credential }
  | { readonly kind: "damaged"; readonly format: FormatName; readonly reason: DamageReason }
  | {
      readonly kind: "foreign";
      readonly format: FormatName | null;
      readonly reason: ForeignReason;
    }
  | {
      readonly kind: "attachment";
      readonly format: "hc1";
      readonly reason: Extract<ForeignReason, "health-certificate">;
      readonly certificate: HealthCertificate;
    };

/** Answer of a signature check that needs keys, which the pure core does not have. */
export type SignatureCheck = "valid" | "invalid" | "unknown-signer";

/** The little that a recogniser may know besides the text. */
export type RecognizeContext = {
  /** Station time, UTC milliseconds; only for "in the future" warnings. */
  readonly nowMs: number;
  /** Keep address, old number, phone, facility and relatives. False unless the place's policy asks for them. */
  readonly keepExtras: boolean;
  /** Keyed hash (hex) of a code nobody knows, so that it can be joined without being kept. */
  readonly hashOpaque: (text: string) => string;
  /** Ed25519 check of a personal code's digits against the province's published keys. */
  readonly checkPersonalCode: (
    keyNumber: number,
    message: string,
    signature: Uint8Array,
  ) => SignatureCheck;
  /** Reads and checks a text that begins with `HC1:`. Absent where there is no trust list: then it is only named. */
  readonly readHealthCertificate?: (text: string, nowMs: number) => HealthCertificateReading;
};

/** One card format: asked with the decoded text, answers whether it is the owner. Never throws. */
export type Recognizer = {
  readonly format: FormatName;
  recognize(text: DecodedText, context: RecognizeContext): Recognition;
};

/** Decodes the bytes of a scan and asks every format in order; the first owner wins. Total: no input throws. */
export function recognize(bytes: Uint8Array, context: RecognizeContext): Recognized {
  const text = decodeScan(bytes);
  for (const recognizer of allFormats) {
    const answer = recognizer.recognize(text, context);
    switch (answer.kind) {
      case "foreign":
        continue;
      case "recognized":
        return { ...answer, format: recognizer.format };
      case "damaged":
        return { ...answer, format: recognizer.format };
      case "diagnosed":
        return { kind: "foreign", format: recognizer.format, reason: answer.reason };
      case "attachment":
        return { ...answer, format: "hc1", reason: "health-certificate" };
    }
  }
  return { kind: "foreign", format: null, reason: saysSomething(text) ? "too-short" : "noise" };
}

/** A run of pipes is what a scanner leaves that ended the card before too early. */
function saysSomething(text: DecodedText): boolean {
  return text.printableCount > 0 && /[\p{L}\p{N}]/u.test(text.text);
}
