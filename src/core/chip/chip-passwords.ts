import type { Credential, PartialDate } from "#core/credential.ts";
import type { ChipPassword } from "#core/chip/mrz.ts";

const WHOLE_NUMBER = /^\d{12}$/;
const WHOLE_DATE = /^\d{4}-\d{2}-\d{2}$/;
/** Ages at which a card has to be exchanged (Law on Citizen Identification 2014 and Law on Identification 2023, article 21). */
const EXCHANGE_AGES = [14, 25, 40, 60] as const;
/** A card issued this shortly before such an age is good until the next one (same article). */
const ISSUED_EARLY_YEARS = 2;

/**
 * What may open the chip of a card whose code was just read, likeliest first. The access number of a Vietnamese card is taken
 * to be the last six digits of its number, and its own number in the zone the last nine: both as its users report them, neither
 * in a public rule.
 */
export function chipPasswords(credential: Credential): readonly ChipPassword[] {
  const { documentKind, number, birthDate } = credential;
  if (documentKind !== "cccd" || number === null || !WHOLE_NUMBER.test(number)) return [];
  const can: ChipPassword = { kind: "can", digits: number.slice(-6) };
  const expiry = credential.validTo ?? lastDayOf(birthDate, credential.issuedOn);
  if (birthDate === null || !WHOLE_DATE.test(birthDate) || expiry === null) return [can];
  if (!WHOLE_DATE.test(expiry)) return [can];
  const zone: ChipPassword = {
    kind: "mrz",
    documentNumber: number.slice(-9),
    birthDate: shortDate(birthDate),
    expiryDate: shortDate(expiry),
  };
  return [can, zone];
}

/** The birthday on which a card issued that day has to be exchanged; null: never again, or dates are missing. */
export function lastDayOf(
  birthDate: PartialDate | null,
  issuedOn: PartialDate | null,
): PartialDate | null {
  if (birthDate === null || issuedOn === null) return null;
  if (!WHOLE_DATE.test(birthDate) || !WHOLE_DATE.test(issuedOn)) return null;
  const birthdays = EXCHANGE_AGES.map((age) => yearsAfter(birthDate, age));
  return birthdays.find((day) => yearsAfter(issuedOn, ISSUED_EARLY_YEARS) < day) ?? null;
}

function yearsAfter(date: string, years: number): string {
  return `${String(Number(date.slice(0, 4)) + years).padStart(4, "0")}${date.slice(4)}`;
}

function shortDate(date: string): string {
  return date.slice(2).replaceAll("-", "");
}
