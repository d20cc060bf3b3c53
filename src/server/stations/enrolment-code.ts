import { createHmac, timingSafeEqual } from "node:crypto";
import { mod11CheckDigit } from "#core/check-digits.ts";
import type { Random } from "#core/ports.ts";

/** Twenty digits: 6 name the code, 13 are its secret, the last one checks them (docs/formats/wire.md "Enrolment"). */
export type EnrolmentCode = { readonly codeId: string; readonly secret: string };

const ID_DIGITS = 6;
const SECRET_DIGITS = 13;
const CODE = /^[0-9]{20}$/;

/** Null when it is not twenty digits with their check digit. */
export function parseEnrolmentCode(digits: string): EnrolmentCode | null {
  if (!CODE.test(digits) || digits.at(-1) !== mod11CheckDigit(digits.slice(0, -1))) return null;
  return {
    codeId: digits.slice(0, ID_DIGITS),
    secret: digits.slice(ID_DIGITS, ID_DIGITS + SECRET_DIGITS),
  };
}

export function newEnrolmentCode(random: Random): EnrolmentCode {
  return { codeId: randomDigits(ID_DIGITS, random), secret: randomDigits(SECRET_DIGITS, random) };
}

/** As it is typed and printed. */
export function enrolmentCodeText(code: EnrolmentCode): string {
  const digits = `${code.codeId}${code.secret}`;
  return `${digits}${mod11CheckDigit(digits)}`;
}

/** What is kept of a code: without the province's key nobody can try the 10^13 secrets on a stolen database. */
export function enrolmentSecretHash(code: EnrolmentCode, enrolmentKey: Uint8Array): Buffer {
  return createHmac("sha256", enrolmentKey).update(`${code.codeId}:${code.secret}`).digest();
}

export function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function randomDigits(count: number, random: Random): string {
  let digits = "";
  while (digits.length < count) {
    for (const byte of random.bytes(count)) {
      // 250 is the largest multiple of 10 that a byte reaches.
      if (byte < 250 && digits.length < count) digits += String(byte % 10);
    }
  }
  return digits;
}
