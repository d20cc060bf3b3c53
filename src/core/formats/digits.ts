import { hasGs1CheckDigit } from "#core/check-digits.ts";
import { looksLikePersonalNumber } from "#core/formats/cccd-number.ts";
import { isPayment } from "#core/formats/payment.ts";
import type { DecodedText } from "#core/text.ts";

/** Formats whose codes may be nothing but digits. */
export type DigitsOwner = "cccd" | "bhyt" | "tram" | "product";

/** First four digits of every personal code of the province (docs/formats/personal-code.md). */
export const PERSONAL_CODE_MAGIC = "8426";

const ONLY_DIGITS = /^\d+$/;
/** Mobile numbers of Vietnam since 2018: ten digits that some people carry as a QR code. */
const MOBILE_PHONE = /^0(?:3[2-9]|5[25689]|7[06-9]|8[1-9]|9\d)\d{7}$/;
/** EAN-8, UPC-A, EAN-13. */
const PRODUCT_LENGTHS = [8, 12, 13];
/** Longer than any number that people carry: the rest of a signed personal code whose beginning is lost. */
const TORN_CODE_DIGITS = 60;

/**
 * Whose a text of nothing but digits is; null: nobody's. One function, so that no two formats can both claim it.
 * The beginning of a longer number is never taken for a shorter one of somebody else.
 */
export function digitsOwner(scan: DecodedText, nowMs: number): DigitsOwner | null {
  const digits = scan.text;
  if (!ONLY_DIGITS.test(digits) || isPayment(digits)) return null;
  if (isProduct(scan, nowMs)) return "product";
  if (isPersonalCode(digits)) return "tram";
  if (isPersonalNumberOrPart(digits, nowMs)) return "cccd";
  if (digits.length === 10 && !MOBILE_PHONE.test(digits)) return "bhyt";
  return digits.length >= TORN_CODE_DIGITS ? "tram" : null;
}

function isProduct(scan: DecodedText, nowMs: number): boolean {
  const digits = scan.text;
  // AIM ]E: the scanner itself says that it read an EAN or UPC barcode.
  if (scan.symbology?.startsWith("]E") === true) return true;
  if (!PRODUCT_LENGTHS.includes(digits.length) || !hasGs1CheckDigit(digits)) return false;
  return digits.length !== 12 || !looksLikePersonalNumber(digits, nowMs);
}

/** Ten digits may also be a social-insurance number of Trà Vinh (84), unless they go on like versions 1 and 2. */
function isPersonalCode(digits: string): boolean {
  if (!digits.startsWith(PERSONAL_CODE_MAGIC)) return false;
  return digits.length !== 10 || /^.{4}[12]/.test(digits);
}

/** 12 digits; 24 are two cards in one scan; 10 and 11 that begin alike are a card that was read short. */
function isPersonalNumberOrPart(digits: string, nowMs: number): boolean {
  const lengths = [10, 11, 12, 24];
  return lengths.includes(digits.length) && looksLikePersonalNumber(digits, nowMs);
}
