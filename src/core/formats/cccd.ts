import { credentialOf } from "#core/credential.ts";
import type { Credential, CredentialExtras, PartialDate, Warning } from "#core/credential.ts";
import { isInFuture, parseCardDate } from "#core/dates.ts";
import { CCCD_FIELD_COUNT, isSlashedLayout, nameCccdFields } from "#core/formats/cccd-fields.ts";
import type { CccdFields } from "#core/formats/cccd-fields.ts";
import { personalNumberFacts } from "#core/formats/cccd-number.ts";
import type { PersonalNumberFacts } from "#core/formats/cccd-number.ts";
import { digitsOwner } from "#core/formats/digits.ts";
import { hasSecondCard, PERSONAL_NUMBER, readCardFields } from "#core/formats/fields.ts";
import type { CardFields } from "#core/formats/fields.ts";
import { mistypedDigits } from "#core/formats/layout.ts";
import { damaged, FOREIGN, recognized } from "#core/formats/answers.ts";
import type { DamageReason, Recognition, RecognizeContext, Recognizer } from "#core/recognize.ts";
import { readableText } from "#core/text.ts";
import type { DecodedText } from "#core/text.ts";
import { hasWordWithoutVowel } from "#core/vietnamese.ts";

/** What the readers of a whole card share. */
type Reading = {
  readonly fields: CccdFields;
  readonly facts: PersonalNumberFacts;
  readonly issuedOn: PartialDate | null;
  readonly scan: DecodedText;
  readonly context: RecognizeContext;
};

const MOST_FIELDS = 11;
const DATE_AND_MORE = /^(?:\d{8}|\d{2}\/\d{2}\/\d{4})\S/;
/** A short address may well be without marks; a long one never is. */
const LONG_ADDRESS = 12;

/**
 * Chip ID card of 2021, Căn cước card of 2024, and the 6-field form with slashed dates that some apps make
 * (docs/formats/cccd.md).
 */
export const cccd: Recognizer = { format: "cccd", recognize: recognizeCccd };

function recognizeCccd(scan: DecodedText, context: RecognizeContext): Recognition {
  const card = readCardFields(scan);
  if (card !== null) return card.owner === "cccd" ? readCard(card, scan, context) : FOREIGN;
  if (digitsOwner(scan, context.nowMs) === "cccd") return readBareNumber(scan.text);
  const mistyped = mistypedDigits(scan.text);
  return mistyped?.count === 12 ? damaged(mistyped.reason) : FOREIGN;
}

function readBareNumber(digits: string): Recognition {
  if (digits.length === 24) return damaged("two-cards");
  if (digits.length !== 12) return damaged("too-short");
  const { sex } = personalNumberFacts(digits);
  return recognized(cardOf(digits, { sex }));
}

function readCard(card: CardFields, scan: DecodedText, context: RecognizeContext): Recognition {
  if (!card.hasPipes) return damaged("wrong-layout");
  const isSlashed = isSlashedLayout(card.fields);
  const fields = nameCccdFields(card.fields, isSlashed);
  const damage = damageOf(card.fields, fields, isSlashed);
  if (damage !== null) return damaged(damage);
  const facts = personalNumberFacts(fields.number);
  const issuedOn = parseCardDate(fields.issuedOn);
  return recognized(credentialFrom({ fields, facts, issuedOn, scan, context }));
}

function damageOf(
  raw: readonly string[],
  fields: CccdFields,
  isSlashed: boolean,
): DamageReason | null {
  if (hasTwoCards(raw, isSlashed)) return "two-cards";
  if (!PERSONAL_NUMBER.test(fields.number)) return numberDamage(fields.number);
  if (isSlashed) return null;
  if (raw.length < CCCD_FIELD_COUNT) return "fields-missing";
  if (raw.length > MOST_FIELDS) return "corrupt";
  const hasSlipped = fields.birthDate === null && fields.sex === null;
  return hasSlipped ? "corrupt" : null;
}

function hasTwoCards(raw: readonly string[], isSlashed: boolean): boolean {
  if (/^\d{20}/.test(raw[0] ?? "")) return true;
  const issuedAt = isSlashed ? 5 : 6;
  return DATE_AND_MORE.test(raw[issuedAt] ?? "") || hasSecondCard(raw, 1);
}

function numberDamage(number: string): DamageReason {
  if (/\d/.test(number) && /\P{ASCII}/u.test(number)) return "input-method-on";
  return number.length < 12 ? "fields-missing" : "bad-number";
}

function credentialFrom(reading: Reading): Credential {
  const { fields, facts, issuedOn, context } = reading;
  return cardOf(fields.number, {
    name: readableText(fields.name) || null,
    birthDate: fields.birthDate,
    sex: fields.sex ?? facts.sex,
    issuedOn,
    extras: context.keepExtras ? extrasOf(fields) : null,
    warnings: [...numberWarnings(reading), ...dateWarnings(reading), ...nameWarnings(reading)],
  });
}

function cardOf(number: string, facts: Partial<Credential>): Credential {
  return credentialOf({
    format: "cccd",
    documentKind: "cccd",
    identity: `cccd:${number}`,
    number,
    ...facts,
  });
}

// Numbers outlive corrections of birth year and sex, so a mismatch is told and nobody is refused for it.
function numberWarnings({ fields, facts }: Reading): readonly Warning[] {
  const warnings: Warning[] = [];
  if (!facts.isProvinceKnown) warnings.push("unknown-province");
  if (fields.birthDate !== null && Number(fields.birthDate.slice(0, 4)) !== facts.birthYear) {
    warnings.push("birth-year-mismatch");
  }
  if (fields.sex !== null && fields.sex !== facts.sex) warnings.push("sex-mismatch");
  return warnings;
}

function dateWarnings({ fields, issuedOn, context }: Reading): readonly Warning[] {
  const warnings: Warning[] = [];
  if (fields.birthDate === null) warnings.push("birth-date-unreadable");
  else if (isInFuture(fields.birthDate, context.nowMs)) warnings.push("birth-date-in-future");
  if (issuedOn === null && fields.issuedOn !== "") warnings.push("issue-date-unreadable");
  if (issuedOn !== null && isInFuture(issuedOn, context.nowMs))
    warnings.push("issue-date-in-future");
  return warnings;
}

function nameWarnings({ fields, scan }: Reading): readonly Warning[] {
  const warnings: Warning[] = [];
  if (fields.name === "") warnings.push("name-unreadable");
  else if (scan.certainty === "doubtful" || hasLostLetters(fields)) {
    warnings.push("name-needs-checking");
  }
  if (fields.extras.some((extra) => extra !== "")) warnings.push("extra-fields");
  return warnings;
}

/** Scanners that type on a keyboard drop the letters it has no key for, or send `?`, or strip the marks. */
function hasLostLetters(fields: CccdFields): boolean {
  if (/[?\d]/.test(fields.name) || hasWordWithoutVowel(fields.name)) return true;
  if (fields.sex !== null && !fields.isSexSpeltOut) return true;
  const all = fields.name + fields.address;
  return fields.address.length >= LONG_ADDRESS && /^\p{ASCII}*$/u.test(all);
}

/** The law names a cancelled number and both parents for the last fields, in no known order: told apart by shape. */
function extrasOf(fields: CccdFields): CredentialExtras {
  const names = fields.extras.filter((extra) => /^\p{L}[^\d]*\s[^\d]+$/u.test(extra));
  return {
    address: readableText(fields.address) || null,
    oldNumber: fields.oldNumber || null,
    phone: null,
    facility: null,
    relatives: names.slice(0, 2).map(readableText),
  };
}
