import type { PartialDate, Sex } from "#core/credential.ts";
import { parseCardDate } from "#core/dates.ts";
import { foldName } from "#core/vietnamese.ts";

/** The fields of an ID card by name, whichever of its layouts they came in; dates and sex already read. */
export type CccdFields = {
  readonly number: string;
  readonly oldNumber: string;
  readonly name: string;
  readonly birthDate: PartialDate | null;
  readonly sex: Sex | null;
  /** False when the word for the sex is not spelt as the card spells it: letters were lost on the way. */
  readonly isSexSpeltOut: boolean;
  readonly address: string;
  /** As it stands there; may be empty. */
  readonly issuedOn: string;
  /** What stands after the seventh field of a 2024 card. */
  readonly extras: readonly string[];
};

/** Fields of the layout of 2021; the layout of 2024 has up to four more. */
export const CCCD_FIELD_COUNT = 7;

/** Gives the fields of a card their names. Asks for nothing: absent ones are empty. */
export function nameCccdFields(fields: readonly string[], isSlashed: boolean): CccdFields {
  // The slashed layout lacks the old number, so everything after the first field stands one place earlier.
  const at = (index: number): string => fields[isSlashed ? index - 1 : index] ?? "";
  return {
    number: (fields[0] ?? "").trim(),
    oldNumber: isSlashed ? "" : at(1).trim(),
    name: at(2).trim(),
    birthDate: parseCardDate(at(3)),
    sex: sexOfWord(at(4)),
    isSexSpeltOut: isSexSpeltOut(at(4)),
    address: at(5).trim(),
    issuedOn: at(6).trim(),
    extras: fields.slice(CCCD_FIELD_COUNT).map((field) => field.trim()),
  };
}

/** True for number, name, birth date, sex, address, issue date: six fields, no old number. */
export function isSlashedLayout(fields: readonly string[]): boolean {
  if (fields.length < 6 || !/^\d/.test(fields[2] ?? "")) return false;
  return parseCardDate(fields[2] ?? "") !== null && sexOfWord(fields[3] ?? "") !== null;
}

/** `Nam`, `Nữ`, and what is left of `Nữ` without its mark or its second letter. */
function sexOfWord(field: string): Sex | null {
  if (field === "Nam") return "male";
  if (field === "Nữ") return "female";
  const folded = foldName(field);
  if (folded === "nam") return "male";
  return folded === "nu" || /^n[^a-z0-9]?$/u.test(folded) ? "female" : null;
}

function isSexSpeltOut(field: string): boolean {
  return field === "Nam" || field === "Nữ" || /^\s*(?:nam|nữ)\s*$/i.test(field);
}
