import { assertNever } from "#core/assert.ts";
import type { CommuneFinder, FoundCommune } from "#server/registry/communes.ts";
import { parseOpeningHours } from "#server/registry/opening-hours.ts";
import type { OpeningSpan } from "#server/registry/opening-hours.ts";
import { placeTypeOf } from "#server/registry/place-types.ts";
import type { PlaceType } from "#server/registry/place-types.ts";

/** What a place says of itself, as somebody wrote it. Empty: not said. */
export const rawFields = [
  "name",
  "type",
  "address",
  "commune",
  "district",
  "opening_hours",
  "owner_name",
  "owner_phone",
  "retention_days",
  "questions",
] as const;
export type RawField = (typeof rawFields)[number];
export type RawPlace = Readonly<Record<RawField, string>>;

export type Question = "health" | "movement";

/** What a place says of itself, understood. */
export type PlaceFields = {
  readonly name: string;
  readonly type: PlaceType | null;
  readonly address: string | null;
  readonly commune: string | null;
  readonly openingHours: readonly OpeningSpan[] | null;
  readonly ownerName: string | null;
  readonly ownerPhone: string | null;
  readonly retentionDays: number | null;
  readonly questions: readonly Question[];
};

/** One thing that is wrong with what somebody wrote, in words for whoever wrote it. */
export type Fault<Field extends string = RawField> = {
  readonly field: Field;
  readonly vi: string;
  readonly en: string;
};

export type ParsedPlace =
  | { readonly kind: "place"; readonly fields: PlaceFields }
  | { readonly kind: "faults"; readonly faults: readonly Fault[] };

/** The province keeps nothing longer than this, so no place does. */
const MOST_DAYS = 28;
const MAX_NAME = 200;
const MAX_TEXT = 300;
const PHONE = /^(?:\+84|0)[0-9]{9,10}$/;
const QUESTION_WORDS: Readonly<Record<string, Question>> = {
  health: "health",
  "y tế": "health",
  "khai báo y tế": "health",
  movement: "movement",
  "di chuyển": "movement",
  "khai báo di chuyển": "movement",
};

/** Understands what a form or a row of a file says. All faults are told at once. */
export function parsePlace(raw: RawPlace, find: CommuneFinder): ParsedPlace {
  const faults: Fault[] = [];
  const note = (field: RawField, vi: string, en: string) => {
    faults.push({ field, vi, en });
    return null;
  };
  const text = (field: RawField, most = MAX_TEXT) => {
    const value = tidy(raw[field]);
    if (value.length <= most) return value === "" ? null : value;
    return note(field, `Dài quá ${most} ký tự.`, `Longer than ${most} characters.`);
  };
  const name = text("name", MAX_NAME);
  if (name === null && faults.length === 0) {
    note("name", "Xin ghi tên cơ sở.", "The name of the place is missing.");
  }
  const fields: PlaceFields = {
    name: name ?? "",
    type: parseType(text("type"), note),
    address: text("address"),
    commune: parseCommune(text("commune"), text("district"), find, note),
    openingHours: parseHours(text("opening_hours"), note),
    ownerName: text("owner_name"),
    ownerPhone: parsePhone(text("owner_phone"), note),
    retentionDays: parseDays(text("retention_days"), note),
    questions: parseQuestions(text("questions"), note),
  };
  return faults.length > 0 ? { kind: "faults", faults } : { kind: "place", fields };
}

/** What makes a place the same one again when nobody gave it a number: name, address and commune. */
export function naturalKey(fields: PlaceFields): string {
  const parts = [fields.commune ?? "", fields.name, fields.address ?? ""];
  return `nat:${parts.map((part) => part.toLowerCase()).join("|")}`;
}

/** NFC, single spaces, no control characters. */
export function tidy(text: string): string {
  return text
    .normalize("NFC")
    .replaceAll(/[\p{Cc}\s]+/gu, " ")
    .trim();
}

type Note = (field: RawField, vi: string, en: string) => null;

function parseType(text: string | null, note: Note): PlaceType | null {
  if (text === null) return null;
  return (
    placeTypeOf(text) ??
    note("type", `Không có loại cơ sở "${text}".`, `There is no type of place "${text}".`)
  );
}

function parseCommune(
  text: string | null,
  district: string | null,
  find: CommuneFinder,
  note: Note,
): string | null {
  if (text === null) return null;
  const found: FoundCommune = find(text, district);
  switch (found.kind) {
    case "found":
      return found.commune;
    case "several": {
      const names = found.names.join(", ");
      return note(
        "commune",
        `"${text}" cũ nay thuộc nhiều xã, phường: ${names}. Xin ghi tên xã, phường hiện nay.`,
        `The former "${text}" went into several communes: ${names}. Give today's name.`,
      );
    }
    case "unknown":
      return note("commune", `Không có xã, phường "${text}".`, `There is no commune "${text}".`);
    default:
      return assertNever(found);
  }
}

function parseHours(text: string | null, note: Note): readonly OpeningSpan[] | null {
  if (text === null) return null;
  return (
    parseOpeningHours(text) ??
    note(
      "opening_hours",
      `Không hiểu giờ mở cửa "${text}". Ví dụ: T2-T6 07:00-17:00; T7 07:00-11:30`,
      `Opening hours "${text}" are not understood. Example: T2-T6 07:00-17:00; T7 07:00-11:30`,
    )
  );
}

function parsePhone(text: string | null, note: Note): string | null {
  if (text === null) return null;
  const digits = text.replaceAll(/[ .()-]/g, "");
  if (PHONE.test(digits)) return digits;
  // The number itself is not repeated: messages are shown and kept in more places than it should be.
  return note(
    "owner_phone",
    "Số điện thoại không đúng dạng. Ví dụ: 0900 000 000",
    "The telephone number is not of the right form. Example: 0900 000 000",
  );
}

function parseDays(text: string | null, note: Note): number | null {
  if (text === null) return null;
  const days = Number(text);
  if (Number.isInteger(days) && days >= 1 && days <= MOST_DAYS) return days;
  return note(
    "retention_days",
    `Số ngày lưu là từ 1 đến ${MOST_DAYS}.`,
    `Entries are kept 1 to ${MOST_DAYS} days.`,
  );
}

function parseQuestions(text: string | null, note: Note): readonly Question[] {
  const words = (text ?? "").split(/[,|]/).map((word) => word.trim().toLowerCase());
  const questions = new Set<Question>();
  for (const word of words.filter((one) => one !== "")) {
    const question = Object.hasOwn(QUESTION_WORDS, word) ? QUESTION_WORDS[word] : undefined;
    if (question === undefined) {
      note(
        "questions",
        `Không có loại khai báo "${word}": chỉ có y tế, di chuyển.`,
        `There is no declaration "${word}": only health, movement.`,
      );
    } else questions.add(question);
  }
  return [...questions];
}
