import { mod11CheckDigit } from "#core/check-digits.ts";

/** What a person typed or a scanner read, as an enrolment code. */
export type EnrolmentCode =
  | { readonly kind: "code"; readonly digits: string }
  | { readonly kind: "malformed"; readonly reason: "characters" | "length" | "check-digit" };

const CODE_DIGITS = 20;
/** Spaces of every width, and the dashes that word processors and phones make of a hyphen. */
const SEPARATORS = /[\s\u2010-\u2015\u2212-]+/gu;

/** Twenty digits: 6 of the code's number, 13 of its secret, 1 check digit. Spaces and dashes between them are ignored. */
export function parseEnrolmentCode(text: string): EnrolmentCode {
  const digits = text.replaceAll(SEPARATORS, "");
  if (!/^\d*$/.test(digits)) return { kind: "malformed", reason: "characters" };
  if (digits.length !== CODE_DIGITS) return { kind: "malformed", reason: "length" };
  const check = mod11CheckDigit(digits.slice(0, -1));
  if (digits.at(-1) !== check) return { kind: "malformed", reason: "check-digit" };
  return { kind: "code", digits };
}
