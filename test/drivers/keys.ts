import type { KeyPress } from "#core/wedge-run.ts";

const PLAIN = "`-=[]\\;',./ ";
const SHIFTED = '~_+{}|:"<>? ';
const CODES = [
  "Backquote",
  "Minus",
  "Equal",
  "BracketLeft",
  "BracketRight",
  "Backslash",
  "Semicolon",
  "Quote",
  "Comma",
  "Period",
  "Slash",
  "Space",
];

/** A key as a US keyboard presses it; the rest by `changes`. */
export function press(code: string, timeMs: number, changes: Partial<KeyPress> = {}): KeyPress {
  return {
    code,
    key: code,
    shift: false,
    ctrl: false,
    alt: false,
    altGraph: false,
    meta: false,
    isRepeat: false,
    timeMs,
    ...changes,
  };
}

/** The keys a scanner on the US layout presses for an ASCII text, with Shift as a key of its own; `gapMs` apart. */
export function typed(text: string, startMs = 0, gapMs = 8): readonly KeyPress[] {
  const keys = Array.from(text).flatMap((letter) => {
    const { code, shift } = keyOf(letter);
    return shift ? [press("ShiftLeft", 0, { shift }), press(code, 0, { shift })] : [press(code, 0)];
  });
  return keys.map((key, index) => ({ ...key, timeMs: startMs + index * gapMs }));
}

/** Alt down, digits on the numpad, Alt up. */
export function altCode(digits: string): readonly KeyPress[] {
  const numpad = Array.from(digits, (digit) => press(`Numpad${digit}`, 0, { alt: true }));
  return [press("AltLeft", 0, { alt: true }), ...numpad];
}

/** The same keys in time, `gapMs` apart. */
export function timed(keys: readonly KeyPress[], startMs = 0, gapMs = 8): readonly KeyPress[] {
  return keys.map((key, index) => ({ ...key, timeMs: startMs + index * gapMs }));
}

function keyOf(letter: string): { readonly code: string; readonly shift: boolean } {
  if (/[a-z]/.test(letter)) return { code: `Key${letter.toUpperCase()}`, shift: false };
  if (/[A-Z]/.test(letter)) return { code: `Key${letter}`, shift: true };
  if (/\d/.test(letter)) return { code: `Digit${letter}`, shift: false };
  const digit = ")!@#$%^&*(".indexOf(letter);
  if (digit >= 0) return { code: `Digit${digit}`, shift: true };
  const plain = PLAIN.indexOf(letter);
  const shifted = SHIFTED.indexOf(letter);
  const code = CODES[plain >= 0 ? plain : shifted];
  if (code === undefined) throw new Error(`no key types ${JSON.stringify(letter)}`);
  return { code, shift: plain < 0 };
}
