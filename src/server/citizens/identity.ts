import { INSURANCE_CODE, INSURANCE_NUMBER, PERSONAL_NUMBER } from "#core/formats/fields.ts";
import { recognize } from "#core/recognize.ts";
import type { RecognizeContext } from "#core/recognize.ts";

/** A document as its holder names it: the identity that a scanned card would have, and the number as it is written. */
export type DeclaredIdentity = { readonly identity: string; readonly document: string };

const OLD_ID_NUMBER = /^\d{9}$/;
/** Six to nine letters and digits, both there; Vietnamese ones are a letter and seven digits, eight since 2022. */
const PASSPORT = /^(?=.*[A-Z])(?=.*\d)[A-Z0-9]{6,9}$/;
/** Digits of a social-insurance number at the end of an insurance code. */
const INSURANCE_DIGITS = 10;

/** Nobody is asked here to prove a signature: what people say of themselves is no evidence in any case. */
const context: Omit<RecognizeContext, "nowMs"> = {
  keepExtras: false,
  hashOpaque: () => "",
  checkPersonalCode: () => "unknown-signer",
};

/**
 * The identity behind a typed document number: CCCD or personal identification number, BHYT, old CMND, passport, the
 * province's own code, or the whole text of a card's QR. Null when it is none of these.
 */
export function declaredIdentity(typed: string, nowMs: number): DeclaredIdentity | null {
  const number = typed.replaceAll(/[\s.-]/g, "").toUpperCase();
  if (PERSONAL_NUMBER.test(number)) return { identity: `cccd:${number}`, document: number };
  if (INSURANCE_CODE.test(number)) {
    return { identity: `bhyt:${number.slice(-INSURANCE_DIGITS)}`, document: number };
  }
  if (INSURANCE_NUMBER.test(number)) return { identity: `bhyt:${number}`, document: number };
  if (OLD_ID_NUMBER.test(number)) return { identity: `cmnd:${number}`, document: number };
  if (PASSPORT.test(number)) return { identity: `passport:${number}`, document: number };
  return scannedIdentity(typed, nowMs);
}

function scannedIdentity(typed: string, nowMs: number): DeclaredIdentity | null {
  const found = recognize(Buffer.from(typed, "utf8"), { ...context, nowMs });
  if (found.kind !== "recognized" || found.format === "opaque") return null;
  const { identity, number } = found.credential;
  return { identity, document: number ?? "" };
}
