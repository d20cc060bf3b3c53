import type { DamageReason } from "#core/recognize.ts";

/** Digits that arrived as other signs because the keyboard's digit row types something else. */
export type MistypedDigits = {
  /** How many digits there were, up to the first sign that none of the known rows explains. */
  readonly count: number;
  /** Whether they began with the digits of a personal code, as far as that can be told. */
  readonly isPersonalCode: boolean;
  readonly reason: Extract<DamageReason, "wrong-layout" | "input-method-on">;
};

/** AZERTY without Shift: 1 2 3 … 9 0. */
const FRENCH_DIGITS = /^(?=[&"'(\-_]*[éèçà])[&é"'(\-è_çà]{6,}/;
const FRENCH_MAGIC = "_'é-";
/** Windows' "Vietnamese" layout: 1 to 4 are ă â ê ô, 5 to 9 are tone marks on their own, 0 is đ. */
const VIETNAMESE_DIGITS =
  /^(?:a[\u0302\u0306]|e\u0302|o\u0302|đ|[\u0300\u0301\u0303\u0309\u0323]){6,}/;
const VIETNAMESE_TOKEN = /a[\u0302\u0306]|e\u0302|o\u0302|đ|[\u0300\u0301\u0303\u0309\u0323]/g;

/** Finds a digit row that explains the beginning of a text; null when the text begins like anything else. */
export function mistypedDigits(text: string): MistypedDigits | null {
  const french = FRENCH_DIGITS.exec(text)?.[0];
  if (french !== undefined) {
    const isPersonalCode = french.startsWith(FRENCH_MAGIC);
    return { count: french.length, isPersonalCode, reason: "wrong-layout" };
  }
  if (!mayBeVietnameseRow(text)) return null;
  const row = VIETNAMESE_DIGITS.exec(text.normalize("NFD"))?.[0];
  if (row === undefined) return null;
  const count = row.match(VIETNAMESE_TOKEN)?.length ?? 0;
  return { count, isPersonalCode: count >= 13, reason: "input-method-on" };
}

/** Spares the decomposition of every other text: this row has nothing ASCII in NFC. */
function mayBeVietnameseRow(text: string): boolean {
  return text.charCodeAt(0) > 0x7f && text.charCodeAt(1) > 0x7f;
}
