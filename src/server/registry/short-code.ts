import { mod11CheckDigit } from "#core/check-digits.ts";
import type { Random } from "#core/ports.ts";

const RANDOM_DIGITS = 8;
const WHOLE = /^[0-9]{9}$/;
/** How people write numbers in groups. */
const BETWEEN_GROUPS = /[ .\-\u00a0\u2013]/g;

/**
 * The digits on a place's poster: eight random ones and their check digit. Digits only, because a Vietnamese keyboard
 * turns letters into others; random, so that counting up finds nobody's neighbour.
 */
export function newShortCode(random: Random): string {
  let digits = "";
  while (digits.length < RANDOM_DIGITS) {
    for (const byte of random.bytes(RANDOM_DIGITS)) {
      // 250 is the largest multiple of 10 that a byte reaches.
      if (byte < 250 && digits.length < RANDOM_DIGITS) digits += String(byte % 10);
    }
  }
  return `${digits}${mod11CheckDigit(digits)}`;
}

/** The nine digits of what a person typed, groups and all; null when they are not a short code. */
export function parseShortCode(text: string): string | null {
  const digits = text.replaceAll(BETWEEN_GROUPS, "");
  const isSound = WHOLE.test(digits) && digits.at(-1) === mod11CheckDigit(digits.slice(0, -1));
  return isSound ? digits : null;
}

/** For people: three groups of three. */
export function shortCodeGroups(code: string): string {
  return [code.slice(0, 3), code.slice(3, 6), code.slice(6)].join(" ");
}
