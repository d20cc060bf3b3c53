/** One thing that a scanner typed: a character, or a code in decimal digits on the numpad while Alt was down. */
export type WedgeUnit =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "code"; readonly digits: string; readonly isOpen: boolean };

/** Physical key → characters without and with Shift, on a US keyboard. */
const usKeys: Readonly<Record<string, string>> = {
  Backquote: "`~",
  Minus: "-_",
  Equal: "=+",
  BracketLeft: "[{",
  BracketRight: "]}",
  Backslash: "\\|",
  IntlBackslash: "\\|",
  Semicolon: ";:",
  Quote: "'\"",
  Comma: ",<",
  Period: ".>",
  Slash: "/?",
  Space: "  ",
  NumpadAdd: "++",
  NumpadSubtract: "--",
  NumpadMultiply: "**",
  NumpadDivide: "//",
  NumpadDecimal: "..",
};

const SHIFTED_DIGITS = ")!@#$%^&*(";

/** The character of a physical key on a US keyboard, or null for a key that has none. */
export function characterOf(code: string, isShifted: boolean): string | null {
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter !== undefined) return isShifted ? letter : letter.toLowerCase();
  const digit = /^Digit(\d)$/.exec(code)?.[1];
  if (digit !== undefined) return isShifted ? (SHIFTED_DIGITS[Number(digit)] ?? null) : digit;
  const numpad = /^Numpad(\d)$/.exec(code)?.[1];
  if (numpad !== undefined) return numpad;
  const pair = Object.hasOwn(usKeys, code) ? usKeys[code] : undefined;
  return pair?.[isShifted ? 1 : 0] ?? null;
}

/**
 * UTF-8 bytes of what was typed. Codes up to 255 are UTF-8 bytes where together they are valid UTF-8 (a scanner that
 * types each byte of a code on its own), else code points, as all larger ones are.
 */
export function buildBytes(units: readonly WedgeUnit[]): Uint8Array {
  const asBytes = units.flatMap((unit) => bytesOf(unit, 0xff));
  return isUtf8(asBytes)
    ? Uint8Array.from(asBytes)
    : Uint8Array.from(units.flatMap((unit) => bytesOf(unit, 0x7f)));
}

/** What a program (an input method) typed, not a hand or a scanner: it has no place on a keyboard, or takes back. */
export function isInjected(key: { readonly code: string; readonly key: string }): boolean {
  return key.code === "" || isBackspace(key);
}

/** Input methods send it with or without a place. */
export function isBackspace(key: { readonly code: string; readonly key: string }): boolean {
  return key.code === "Backspace" || key.key === "Backspace";
}

/** True for a code that stands for a character. */
export function isCharacterCode(digits: string): boolean {
  const code = Number(digits);
  return code > 0 && code <= 0x10_ff_ff && !(code >= 0xd800 && code <= 0xdfff);
}

const encoder = new TextEncoder();

function bytesOf(unit: WedgeUnit, lastByteCode: number): readonly number[] {
  if (unit.kind === "text") return [...encoder.encode(unit.text)];
  const code = Number(unit.digits);
  if (code <= lastByteCode) return [code];
  return [...encoder.encode(String.fromCodePoint(code))];
}

function isUtf8(bytes: readonly number[]): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes));
    return true;
  } catch {
    return false;
  }
}
