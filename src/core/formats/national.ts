import { credentialOf } from "#core/credential.ts";
import type { Credential, CredentialExtras, Sex, Warning } from "#core/credential.ts";
import { isInFuture, parseCardDate } from "#core/dates.ts";
import { damaged, FOREIGN, recognized } from "#core/formats/answers.ts";
import { personalNumberFacts } from "#core/formats/cccd-number.ts";
import { hasSecondCard, PERSONAL_NUMBER, readCardFields } from "#core/formats/fields.ts";
import type { CardFields } from "#core/formats/fields.ts";
import type { DamageReason, Recognition, RecognizeContext, Recognizer } from "#core/recognize.ts";
import { readableText } from "#core/text.ts";
import type { DecodedText } from "#core/text.ts";

/** The six fields of Decision 1405/QĐ-BTTTT, EXT already in its parts. */
type NationalFields = {
  readonly document: string;
  readonly name: string;
  readonly birthDate: string;
  readonly kind: string;
  readonly qid: string;
  readonly ext: readonly string[];
};

const FIELD_COUNT = 6;
const OLD_ID_NUMBER = /^\d{9}$/;
/** Vietnamese passports: a letter and seven digits, eight since 2022. */
const PASSPORT = /^[A-Z]\d{7,8}$/;
/** A masked number, and the card ends there. */
const MASKED_START = /^\*{6}\d*\|?$/;
const PHONE = /^0\d{9}$/;
const LONGEST_QID = 64;
/** More digits than any part of EXT but the declarer's QID has: something was joined to the phone number. */
const JOINED_DIGITS = 20;

/** National personal QR of Decision 1405/QĐ-BTTTT, whole and masked (docs/formats/national.md). */
export const national: Recognizer = { format: "national", recognize: recognizeNational };

function recognizeNational(scan: DecodedText, context: RecognizeContext): Recognition {
  const card = readCardFields(scan);
  if (card?.owner === "national") return readCard(card, scan, context);
  return MASKED_START.test(scan.text) ? damaged("fields-missing") : FOREIGN;
}

function readCard(card: CardFields, scan: DecodedText, context: RecognizeContext): Recognition {
  const fields = nameFields(card.fields);
  const identity = identityOf(fields, card.fields.length);
  const damage = damageOf(card.fields, fields);
  if (damage !== null) return damaged(damage);
  if (identity === null) return damaged("fields-missing");
  return recognized(credentialFrom(fields, identity, scan, context));
}

function nameFields(fields: readonly string[]): NationalFields {
  const [document = "", name = "", birthDate = "", kind = "", qid = "", ext = ""] = fields.map(
    (field) => field.trim(),
  );
  return { document: document.toUpperCase(), name, birthDate, kind, qid, ext: ext.split("<") };
}

function damageOf(raw: readonly string[], fields: NationalFields): DamageReason | null {
  if (hasTwoCards(raw, fields)) return "two-cards";
  if (raw.length > FIELD_COUNT) return "corrupt";
  // EXT is optional, and some apps leave its pipe out with it.
  if (raw.length < FIELD_COUNT - 1) return "fields-missing";
  const hasSlipped = parseCardDate(fields.birthDate) === null && !/^[01]$/.test(fields.kind);
  if (!hasSlipped) return null;
  return raw.length < FIELD_COUNT ? "fields-missing" : "corrupt";
}

function hasTwoCards(raw: readonly string[], fields: NationalFields): boolean {
  const lastPart = fields.ext.at(-1) ?? "";
  return hasSecondCard(raw, 1) || (lastPart.length > JOINED_DIGITS && /^\d+$/.test(lastPart));
}

/**
 * The document when it is whole and of a known shape, else the QID. A QID counts only with the pipe after it: without,
 * nobody knows that it is whole.
 */
function identityOf(fields: NationalFields, fieldCount: number): string | null {
  const { document, qid } = fields;
  if (PERSONAL_NUMBER.test(document)) return `cccd:${document}`;
  if (OLD_ID_NUMBER.test(document)) return `cmnd:${document}`;
  if (PASSPORT.test(document)) return `passport:${document}`;
  const isQidWhole = qid !== "" && qid.length <= LONGEST_QID && fieldCount === FIELD_COUNT;
  return isQidWhole ? `qid:${qid}` : null;
}

function credentialFrom(
  fields: NationalFields,
  identity: string,
  scan: DecodedText,
  context: RecognizeContext,
): Credential {
  const name = readableText(fields.name);
  return credentialOf({
    format: "national",
    documentKind: "national",
    identity,
    number: fields.document || null,
    name: name || null,
    birthDate: parseCardDate(fields.birthDate),
    sex: sexOf(fields.ext),
    extras: context.keepExtras ? extrasOf(fields.ext) : null,
    warnings: [...numberWarnings(fields), ...personWarnings(fields, scan, context)],
  });
}

function numberWarnings(fields: NationalFields): readonly Warning[] {
  if (fields.document.includes("*")) return ["number-masked"];
  if (!PERSONAL_NUMBER.test(fields.document)) return [];
  const facts = personalNumberFacts(fields.document);
  const birthDate = parseCardDate(fields.birthDate);
  const sex = sexOf(fields.ext);
  const warnings: Warning[] = [];
  if (!facts.isProvinceKnown) warnings.push("unknown-province");
  if (birthDate !== null && Number(birthDate.slice(0, 4)) !== facts.birthYear) {
    warnings.push("birth-year-mismatch");
  }
  if (sex !== null && sex !== facts.sex) warnings.push("sex-mismatch");
  return warnings;
}

function personWarnings(
  fields: NationalFields,
  scan: DecodedText,
  context: RecognizeContext,
): readonly Warning[] {
  const birthDate = parseCardDate(fields.birthDate);
  const warnings: Warning[] = [];
  if (fields.name === "") warnings.push("name-unreadable");
  else if (scan.certainty === "doubtful") warnings.push("name-needs-checking");
  if (birthDate === null) warnings.push("birth-date-unreadable");
  else if (isInFuture(birthDate, context.nowMs)) warnings.push("birth-date-in-future");
  return warnings;
}

/** QCVN 109:2017/BTTTT: 1 male, 2 female, 0 unknown. Found by its shape, because the parts of EXT may have slipped. */
function sexOf(ext: readonly string[]): Sex | null {
  const digit = ext.find((part) => /^[012]$/.test(part));
  if (digit === "1") return "male";
  return digit === "2" ? "female" : null;
}

function extrasOf(ext: readonly string[]): CredentialExtras {
  // The card number may have ten digits as well, but stands before the phone number.
  const phone = ext.findLast((part) => PHONE.test(part)) ?? null;
  return { address: null, oldNumber: null, phone, facility: null, relatives: [] };
}
