import type { Sex } from "#core/credential.ts";
import { localYear } from "#core/dates.ts";

/** What a 12-digit personal number says by itself (Decree 137/2015/NĐ-CP art. 13, Circular 59/2021/TT-BCA art. 4). */
export type PersonalNumberFacts = {
  readonly isProvinceKnown: boolean;
  readonly birthYear: number;
  readonly sex: Sex;
};

/** Codes of the 63 provinces before July 2025 (annex of Circular 07/2016/TT-BCA); numbers given then stay for life. */
const PROVINCES = new Set(
  (
    "001 002 004 006 008 010 011 012 014 015 017 019 020 022 024 025 026 027 030 031 033 034 035 036 037 038 040 042 " +
    "044 045 046 048 049 051 052 054 056 058 060 062 064 066 067 068 070 072 074 075 077 079 080 082 083 084 086 087 " +
    "089 091 092 093 094 095 096"
  ).split(" "),
);
/** Country codes of births registered abroad (same annex). */
const FIRST_COUNTRY = 101;
const LAST_COUNTRY = 295;

/** Nobody who shows a card was born before. Fixed, because the station's clock may be wrong by years. */
const EARLIEST_BIRTH_YEAR = 1905;
/** A clock that shows an earlier year than this program's own is wrong. */
const PROGRAM_YEAR = 2026;

/** Reads the meaning of 12 digits. There is no check digit in them. */
export function personalNumberFacts(number: string): PersonalNumberFacts {
  const province = number.slice(0, 3);
  const century = Number(number.charAt(3));
  return {
    isProvinceKnown: isKnownProvince(province),
    birthYear: 1900 + 100 * Math.floor(century / 2) + Number(number.slice(4, 6)),
    sex: century % 2 === 0 ? "male" : "female",
  };
}

/**
 * True when digits without any other evidence begin like the number of a living person: known province or country,
 * and a birth year that can be. Needs at least six digits.
 */
export function looksLikePersonalNumber(digits: string, nowMs: number): boolean {
  const { isProvinceKnown, birthYear } = personalNumberFacts(digits);
  const thisYear = Math.max(localYear(nowMs), PROGRAM_YEAR);
  return isProvinceKnown && birthYear >= EARLIEST_BIRTH_YEAR && birthYear <= thisYear;
}

/** True for the two digits by which health-insurance cards name a province, or the armed forces (97 to 99). */
export function isKnownTwoDigitProvince(digits: string): boolean {
  return PROVINCES.has(`0${digits}`) || /^9[789]$/.test(digits);
}

function isKnownProvince(code: string): boolean {
  const number = Number(code);
  return PROVINCES.has(code) || (number >= FIRST_COUNTRY && number <= LAST_COUNTRY);
}
