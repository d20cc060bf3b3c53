import { credentialOf } from "#core/credential.ts";
import type { Credential, CredentialExtras, PartialDate, Sex, Warning } from "#core/credential.ts";
import { isInFuture, parseCardDate } from "#core/dates.ts";
import { damaged, FOREIGN, recognized } from "#core/formats/answers.ts";
import { nameInsuranceFields } from "#core/formats/bhyt-layout.ts";
import type { InsuranceFields } from "#core/formats/bhyt-layout.ts";
import { isKnownTwoDigitProvince } from "#core/formats/cccd-number.ts";
import { digitsOwner } from "#core/formats/digits.ts";
import {
  hasSecondCard,
  INSURANCE_CODE,
  INSURANCE_NUMBER,
  PERSONAL_NUMBER,
  readCardFields,
} from "#core/formats/fields.ts";
import type { CardFields } from "#core/formats/fields.ts";
import { decodeHexText } from "#core/formats/hex-text.ts";
import { mistypedDigits } from "#core/formats/layout.ts";
import type { Recognition, RecognizeContext, Recognizer } from "#core/recognize.ts";
import type { DecodedText } from "#core/text.ts";

/** What the readers of a whole card share. */
type Reading = {
  readonly fields: InsuranceFields;
  readonly identity: string;
  readonly name: string | null;
  readonly birthDate: PartialDate | null;
  readonly issuedOn: PartialDate | null;
  readonly context: RecognizeContext;
};

/** Object codes that are known; later decrees added more, so an unknown one is only a warning. */
const OBJECT_CODES = new Set(
  (
    "DN HX CH NN TK HC XK HT TB NO CT XB TN CS QN CA CY XN MS CC CK CB KC HD TE BT HN DT DK XD TS TC TQ TV TA TY HG " +
    "LS PV CN HS SV GB GD"
  ).split(" "),
);

/** A name that was written as text where hexadecimal is due: two words at least, no digits. */
const PLAIN_NAME = /^\p{L}+(?: \p{L}+)+$/u;
/** Field 9: province (2), district (2), then the number: ten digits, or twelve where it is the personal number. */
const MANAGEMENT_CODE = /^\d{4}(\d{10}|\d{12})$/;

/** Health-insurance card: 15, 17 and the short layouts, and the bare code (docs/formats/bhyt.md). */
export const bhyt: Recognizer = { format: "bhyt", recognize: recognizeBhyt };

function recognizeBhyt(scan: DecodedText, context: RecognizeContext): Recognition {
  const card = readCardFields(scan);
  if (card !== null) return card.owner === "bhyt" ? readCard(card, context) : FOREIGN;
  if (digitsOwner(scan, context.nowMs) === "bhyt" || isBareCode(scan.text)) {
    return recognized(bareCard(scan.text.toUpperCase()));
  }
  const mistyped = mistypedDigits(scan.text);
  return mistyped?.count === 10 ? damaged(mistyped.reason) : FOREIGN;
}

/** Without any other field only a code with a number in it, and with a real province, is taken for a card. */
function isBareCode(text: string): boolean {
  return (
    INSURANCE_CODE.test(text) &&
    INSURANCE_NUMBER.test(text.slice(5)) &&
    isKnownTwoDigitProvince(text.slice(3, 5))
  );
}

function bareCard(code: string): Credential {
  const warnings = codeWarnings(code);
  return cardOf(`bhyt:${code.slice(-10)}`, code, { warnings });
}

function readCard(card: CardFields, context: RecognizeContext): Recognition {
  if (!card.hasPipes) return damaged("wrong-layout");
  const fields = nameInsuranceFields(card.fields);
  if (isInputMethodOn(card.fields)) return damaged("input-method-on");
  if (fields === null) return damaged(hasTwoCards(card.fields) ? "two-cards" : "fields-missing");
  if (!isCode(fields.code)) return damaged("bad-number");
  const identity = identityOf(fields);
  if (identity === null) return damaged("bad-number");
  const birthDate = parseCardDate(fields.birthDate);
  if (birthDate === null && sexOf(fields.sex) === null) return damaged("corrupt");
  const name = nameOf(fields.name);
  const issuedOn = parseCardDate(fields.issuedOn);
  return recognized(credentialFrom({ fields, identity, name, birthDate, issuedOn, context }));
}

function hasTwoCards(fields: readonly string[]): boolean {
  const isJoinedAtEnd = fields.some((field) => /^\$\s*\S/.test(field));
  return isJoinedAtEnd || hasSecondCard(fields, 1);
}

/** Telex and VNI make marked letters of `aa`, `dd`, `e1`, `a6` …, which hexadecimal is full of. */
function isInputMethodOn(fields: readonly string[]): boolean {
  const [code = "", name = ""] = fields;
  return /[^\p{ASCII}]/u.test(code) || (/[^\p{ASCII}]/u.test(name) && !PLAIN_NAME.test(name));
}

function isCode(code: string): boolean {
  return INSURANCE_CODE.test(code) || INSURANCE_NUMBER.test(code) || PERSONAL_NUMBER.test(code);
}

/** Social-insurance number from field 9, else from the code; one of twelve digits is the personal number. */
function identityOf(fields: InsuranceFields): string | null {
  if (PERSONAL_NUMBER.test(fields.code)) return `cccd:${fields.code}`;
  const number = managedNumber(fields) ?? fields.code.slice(-10);
  if (PERSONAL_NUMBER.test(number)) return `cccd:${number}`;
  return INSURANCE_NUMBER.test(number) ? `bhyt:${number}` : null;
}

function managedNumber(fields: InsuranceFields): string | null {
  return MANAGEMENT_CODE.exec(fields.managementCode)?.[1] ?? null;
}

function credentialFrom(reading: Reading): Credential {
  const { fields, identity, name, birthDate, issuedOn, context } = reading;
  return cardOf(identity, fields.code, {
    name,
    birthDate,
    sex: sexOf(fields.sex),
    validFrom: parseCardDate(fields.validFrom),
    validTo: parseCardDate(fields.validTo),
    issuedOn,
    extras: context.keepExtras ? extrasOf(fields) : null,
    warnings: [
      ...codeWarnings(fields.code),
      ...numberWarnings(fields),
      ...personWarnings(reading),
      ...endWarnings(reading),
    ],
  });
}

function cardOf(identity: string, number: string, facts: Partial<Credential>): Credential {
  return credentialOf({ format: "bhyt", documentKind: "bhyt", identity, number, ...facts });
}

function nameOf(field: string): string | null {
  return decodeHexText(field) ?? (PLAIN_NAME.test(field.trim()) ? field.trim() : null);
}

function sexOf(field: string): Sex | null {
  if (field === "1") return "male";
  return field === "2" ? "female" : null;
}

function codeWarnings(code: string): readonly Warning[] {
  const isOldCode = INSURANCE_CODE.test(code);
  return isOldCode && !OBJECT_CODES.has(code.slice(0, 2)) ? ["unknown-object-code"] : [];
}

function numberWarnings(fields: InsuranceFields): readonly Warning[] {
  const managed = managedNumber(fields);
  const inCode = PERSONAL_NUMBER.test(fields.code) ? fields.code : fields.code.slice(-10);
  // Codes from before August 2017 hold district and unit there, with letters.
  if (managed === null || !/^\d+$/.test(inCode)) return [];
  return managed === inCode ? [] : ["number-mismatch"];
}

function personWarnings({ fields, name, birthDate, context }: Reading): readonly Warning[] {
  const warnings: Warning[] = [];
  if (name === null) warnings.push("name-unreadable");
  else if (PLAIN_NAME.test(fields.name.trim())) warnings.push("name-needs-checking");
  if (birthDate === null) warnings.push("birth-date-unreadable");
  else if (isInFuture(birthDate, context.nowMs)) warnings.push("birth-date-in-future");
  return warnings;
}

function endWarnings({ fields, issuedOn, context }: Reading): readonly Warning[] {
  const warnings: Warning[] = [];
  if (issuedOn === null && /\d/.test(fields.issuedOn)) warnings.push("issue-date-unreadable");
  if (issuedOn !== null && isInFuture(issuedOn, context.nowMs))
    warnings.push("issue-date-in-future");
  if (!fields.hasTerminator) warnings.push("terminator-missing");
  return warnings;
}

function extrasOf(fields: InsuranceFields): CredentialExtras {
  const parent = decodeHexText(fields.parent) ?? fields.parent.trim();
  return {
    address: decodeHexText(fields.address),
    oldNumber: null,
    phone: null,
    facility: facilityOf(fields.facility),
    relatives: parent === "" || parent === "-" ? [] : [parent],
  };
}

/** `72-065`, whatever dash and spaces the card has. */
function facilityOf(field: string): string | null {
  const parts = field.split(/[-–]/).map((part) => part.trim());
  return parts.length === 2 ? parts.join("-") : field.trim() || null;
}
