import { isInFuture, parseCardDate } from "#core/dates.ts";
import { declaredIdentity } from "#server/citizens/identity.ts";

/** One question of a form. The table of fields is the only place that knows what is asked, in both doors. */
export type Field = {
  /** Its name in the form and in JSON. */
  readonly name: string;
  readonly kind: FieldKind;
  readonly isRequired: boolean;
  readonly vi: string;
  readonly en: string;
  /** How to fill it in, in Vietnamese. */
  readonly hint?: string;
  /** For `choice` alone. */
  readonly options?: readonly Option[];
  /** Answer of a form that nobody has touched. */
  readonly preset?: string;
};

export type FieldKind =
  "name" | "document" | "birth-date" | "phone" | "choice" | "yes-no" | "line" | "text" | "consent";

export type Option = { readonly value: string; readonly vi: string; readonly en: string };

/** Why an answer cannot be taken. Codes are stable: programs get them, people get words. */
export type FieldFault =
  | "missing"
  | "too-long"
  | "not-a-name"
  | "not-a-document"
  | "not-a-date"
  | "in-future"
  | "not-a-phone"
  | "not-a-choice"
  | "not-agreed"
  | "unreadable";

/** Null: not answered. */
export type CheckedField =
  | { readonly kind: "value"; readonly value: string | null }
  | { readonly kind: "fault"; readonly fault: FieldFault };

/** Longest answers in characters; a longer one is refused, never cut. */
export const longest: Readonly<Record<FieldKind, number>> = {
  name: 100,
  document: 200,
  "birth-date": 10,
  phone: 20,
  choice: 20,
  "yes-no": 20,
  line: 200,
  text: 2_000,
  consent: 20,
};

export const yesNo: readonly Option[] = [
  { value: "no", vi: "Không", en: "No" },
  { value: "yes", vi: "Có", en: "Yes" },
];

const NAME = /^[\p{L}\p{M}'’.\- ]+$/u;
/** Vietnamese numbers have ten digits from 0, or the same from +84; foreign ones at most fifteen (ITU-T E.164). */
const PHONE = /^(?:0\d{9}|\+\d{8,15})$/;
const LINE_BREAKS = /[\r\n\t]+/g;

/** Checks one answer as it was typed. Dates come out as ISO, numbers without their spaces, texts in NFC. */
export function checkField(field: Field, typed: string, nowMs: number): CheckedField {
  const text = typed.normalize("NFC").trim();
  if (text === "") return field.isRequired ? fault("missing") : { kind: "value", value: null };
  if (text.length > longest[field.kind]) return fault("too-long");
  if (hasControlCharacter(text)) return fault("unreadable");
  return checkAnswer(field, text, nowMs);
}

function checkAnswer(field: Field, text: string, nowMs: number): CheckedField {
  switch (field.kind) {
    case "name":
      return checkName(text.replaceAll(/\s+/g, " "));
    case "document":
      return declaredIdentity(text, nowMs) === null ? fault("not-a-document") : value(text);
    case "birth-date":
      return checkDate(text, nowMs);
    case "phone":
      return checkPhone(text.replaceAll(/[\s.()-]/g, ""));
    case "choice":
      return isOption(field.options ?? [], text) ? value(text) : fault("not-a-choice");
    case "yes-no":
      return isOption(yesNo, text) ? value(text) : fault("not-a-choice");
    case "consent":
      return text === "yes" ? value(text) : fault("not-agreed");
    case "line":
      return value(text.replaceAll(LINE_BREAKS, " "));
    case "text":
      return value(text);
  }
}

function checkName(name: string): CheckedField {
  return name.length >= 2 && NAME.test(name) ? value(name) : fault("not-a-name");
}

function checkDate(text: string, nowMs: number): CheckedField {
  const date = parseCardDate(text.replaceAll(/[.\- ]/g, "/")) ?? parseCardDate(text);
  if (date === null || date < "1900") return fault("not-a-date");
  return isInFuture(date, nowMs) ? fault("in-future") : value(date);
}

function checkPhone(phone: string): CheckedField {
  return PHONE.test(phone) ? value(phone) : fault("not-a-phone");
}

/** What no person types: control characters but tabs and line breaks, and the sign for what could not be read. */
const NOT_TYPED = /[[\p{Cc}--[\t\n\r\u0080-\u009f]]\ufffd]/v;

function hasControlCharacter(text: string): boolean {
  return NOT_TYPED.test(text) || !text.isWellFormed();
}

function isOption(options: readonly Option[], text: string): boolean {
  return options.some((option) => option.value === text);
}

function value(text: string): CheckedField {
  return { kind: "value", value: text };
}

function fault(reason: FieldFault): CheckedField {
  return { kind: "fault", fault: reason };
}
