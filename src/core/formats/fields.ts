import { hasOwnPrefix } from "#core/formats/prefix.ts";
import type { DecodedText } from "#core/text.ts";

/** Formats whose fields stand between pipes. */
export type FieldsOwner = "cccd" | "bhyt" | "national";

/** The fields of a card and whose they are. */
export type CardFields = {
  readonly owner: FieldsOwner;
  readonly fields: readonly string[];
  /** False when another sign stands for every pipe: the keyboard layout is not the scanner's. */
  readonly hasPipes: boolean;
};

export const PERSONAL_NUMBER = /^\d{12}$/;
/** Object code, benefit level, province, ten characters (Decision 1351/QĐ-BHXH; letters only before August 2017). */
export const INSURANCE_CODE = /^[A-Z]{2}[1-5]\d{2}[A-Z0-9]{10}$/i;
export const INSURANCE_NUMBER = /^\d{10}$/;

const COMPACT_DATE = /^\d{8}$/;
const SLASHED_DATE = /^(?:\d{2}\/\d{2}\/)?\d{4}$/;
const ISO_DATE = /^(?:\d{4}|\*{4})-(?:\d{2}|\*{2})-(?:\d{2}|\*{2})$/;
const ISO_DATE_START = /^[\d*]{0,4}(?:-[\d*]{0,2}){0,2}$/;
const HEX = /^(?:[0-9a-f]{2})+$/i;
const HEX_START = /^[0-9a-f]*$/i;
const CHECK_STRING = /^[0-9a-f]{14,16}-\d{4}$/;
const PLAIN_CAPITALS = /^[A-Z]+(?: [A-Z]*)*$/;
const SEX_WORD = /^(?:nam|n[ữu]?\S?)$/i;
/** What the rest of a 2024 card leaves before the next one on scanners that send Enter too early. */
const LEFTOVER_PIPES = /^\|{1,4}(?=(?:\d{10}|\d{12}|[A-Z]{2}[1-5]\d{2}[A-Z0-9]{10})\|)/i;
/** A code or number at the end of a field that something else begins. */
const INSURANCE_START = /(?:[A-Z]{2}[1-5]\d{2}[A-Z0-9]{10}|\d{10})$/i;
const STRANGE_SEPARATOR = /^(?:\d{12}|[A-Z]{2}[1-5]\d{2}[A-Z0-9]{10}|\d{10})([^A-Za-z0-9\s|])/i;
const FEWEST_SEPARATORS = 5;
/** Where the national code has its birth date; no other card has one of that form. */
const NATIONAL_DATE_AT = 2;
/** Digits in a social-insurance number, the shortest beginning of a card. */
const SHORTEST_CARD_START = 10;

/** The fields of a card with pipes and their owner; null: no card with fields. One function, so that owners differ. */
export function readCardFields({ text }: DecodedText): CardFields | null {
  if (hasOwnPrefix(text)) return null;
  if (text.includes("|")) {
    const whole = text.startsWith("|") ? text.replace(LEFTOVER_PIPES, "") : text;
    const fields = whole.split("|");
    const owner = ownerOf(fields);
    return owner === null ? null : { owner, fields, hasPipes: true };
  }
  const separator = STRANGE_SEPARATOR.exec(text)?.[1];
  if (separator === undefined) return null;
  const fields = text.split(separator);
  if (fields.length <= FEWEST_SEPARATORS) return null;
  const owner = ownerWithoutPipes(fields);
  return owner === null ? null : { owner, fields, hasPipes: false };
}

/** True when a second card begins in one of these fields: two scans that ran into each other. */
export function hasSecondCard(fields: readonly string[], from: number): boolean {
  for (let index = from; index < fields.length; index += 1) {
    const field = fields[index] ?? "";
    if (field.length < SHORTEST_CARD_START) continue;
    if (field.includes("HC1:") || (index > NATIONAL_DATE_AT && isIsoDate(field))) return true;
    if (!endsInDigit(field)) continue;
    if (/\d{12}$/.test(field) && isIdCardAt(fields, index)) return true;
    if (INSURANCE_START.test(field) && isInsuranceCardAt(fields, index)) return true;
  }
  return false;
}

/** As every number and code does; spares the patterns for names and addresses. */
function endsInDigit(field: string): boolean {
  const unit = field.charCodeAt(field.length - 1);
  return unit >= 0x30 && unit <= 0x39;
}

/** A number at `index` that goes on like one of the layouts of an ID card or of the national code. */
function isIdCardAt(fields: readonly string[], index: number): boolean {
  const [second = "", third = ""] = fields.slice(index + 2, index + 4);
  return (
    COMPACT_DATE.test(third) ||
    isIsoDate(second) ||
    (SLASHED_DATE.test(second) && SEX_WORD.test(third))
  );
}

/** A code at `index` that goes on like an insurance card: name in hexadecimal, birth date. */
function isInsuranceCardAt(fields: readonly string[], index: number): boolean {
  const [name = "", birthDate = ""] = fields.slice(index + 1, index + 3);
  return name.length >= 4 && HEX.test(name) && SLASHED_DATE.test(birthDate);
}

function ownerOf(fields: readonly string[]): FieldsOwner | null {
  const first = (fields[0] ?? "").trim();
  if (first.length === 15 && INSURANCE_CODE.test(first)) return "bhyt";
  const person = personShape(fields);
  if (person !== null) return person;
  if (isNationalStart(fields)) return "national";
  if (hasInsuranceShape(fields)) return "bhyt";
  if (PERSONAL_NUMBER.test(first)) return "cccd";
  if (INSURANCE_NUMBER.test(first) && isInsuranceStart(fields)) return "bhyt";
  return hasWrongNumberShape(fields) ? "cccd" : null;
}

/** A name in hexadecimal after the number, or the beginning of one. */
function isInsuranceStart(fields: readonly string[]): boolean {
  const name = fields[1] ?? "";
  return fields.length === 2 ? HEX_START.test(name) : HEX.test(name);
}

/** A number that lost or gained digits, then the old number or its empty place. */
function hasWrongNumberShape(fields: readonly string[]): boolean {
  return fields.length >= 3 && /^\d{9,}$/.test(fields[0] ?? "") && /^\d*$/.test(fields[1] ?? "");
}

function ownerWithoutPipes(fields: readonly string[]): FieldsOwner | null {
  if (personShape(fields) === "cccd") return "cccd";
  return (fields[1] ?? "").length >= 8 && HEX.test(fields[1] ?? "") ? "bhyt" : null;
}

/**
 * The first date that only one card has, with what follows it there: an ISO date before the kind of declaration, or
 * another date before a word for the sex. Also found in what is left of a card whose beginning was lost.
 */
function personShape(fields: readonly string[]): "national" | "cccd" | null {
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index] ?? "";
    if (field.length !== 8 && field.length !== 10) continue;
    const next = fields[index + 1];
    if (isIsoDate(field) && isKindOrEnd(next)) return "national";
    if (isCardDate(field) && SEX_WORD.test(next ?? "")) return "cccd";
  }
  return null;
}

function isCardDate(field: string): boolean {
  return field.length === 8 ? COMPACT_DATE.test(field) : SLASHED_DATE.test(field);
}

/** The beginning of a national code, cut before its date is whole. */
function isNationalStart(fields: readonly string[]): boolean {
  return (
    fields.length <= 3 &&
    PLAIN_CAPITALS.test(fields[1] ?? "") &&
    ISO_DATE_START.test(fields[2] ?? "")
  );
}

function isIsoDate(field: string): boolean {
  return field.length === 10 && ISO_DATE.test(field);
}

function isKindOrEnd(field: string | undefined): boolean {
  return field === undefined || /^[01]?$/.test(field);
}

function hasInsuranceShape(fields: readonly string[]): boolean {
  if (fields.length < 2) return false;
  const isPersonFirst = SLASHED_DATE.test(fields[2] ?? "") && /^[12]$/.test(fields[3] ?? "");
  return (
    isPersonFirst ||
    fields.at(-1) === "$" ||
    fields.some((field) => field.length >= 19 && CHECK_STRING.test(field))
  );
}
