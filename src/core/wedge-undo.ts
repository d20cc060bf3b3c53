/**
 * What a scanner typed before an input method (Unikey, EVKey, OpenKey) rewrote it. Such a program swallows one key, types
 * Backspaces over the letters that change, and types their new form: so every correction hides exactly one key, and the
 * rules of Telex and VNI name it.
 */

/** What was typed so far, as each way of typing explains it; null: it explains not all of it. */
export type Explanations = { readonly telex: string | null; readonly vni: string | null };

/** One correction: the letters that were typed over, and their new form. */
export type Correction = { readonly removed: string; readonly inserted: string };

type Method = keyof Explanations;

/** A letter without its marks, its shape (hat, breve, horn, bar) and its tone. */
type Letter = { readonly base: string; readonly shape: string; readonly tone: string };

const GRAVE = "\u0300";
const ACUTE = "\u0301";
const HAT = "\u0302";
const TILDE = "\u0303";
const BREVE = "\u0306";
const HOOK = "\u0309";
const HORN = "\u031b";
const DOT = "\u0323";
/** Not a combining mark: the bar of đ, for this table's sake. */
const BAR = "\u0335";

const toneKeys: Readonly<Record<string, Readonly<Record<Method, string>>>> = {
  [ACUTE]: { telex: "s", vni: "1" },
  [GRAVE]: { telex: "f", vni: "2" },
  [HOOK]: { telex: "r", vni: "3" },
  [TILDE]: { telex: "x", vni: "4" },
  [DOT]: { telex: "j", vni: "5" },
  "": { telex: "z", vni: "0" },
};

/** Telex doubles the letter for a hat and for the bar. */
const shapeKeys: Readonly<Record<string, Readonly<Record<Method, string>>>> = {
  [HAT]: { telex: "", vni: "6" },
  [HORN]: { telex: "w", vni: "7" },
  [BREVE]: { telex: "w", vni: "8" },
  [BAR]: { telex: "", vni: "9" },
};

export const nothingTyped: Explanations = { telex: "", vni: "" };
export const nothingExplains: Explanations = { telex: null, vni: null };

/** After a key that the input method let through. */
export function afterKey(typed: Explanations, character: string): Explanations {
  return { telex: extend(typed.telex, character), vni: extend(typed.vni, character) };
}

/** After a key that the input method swallowed and answered with a correction. */
export function afterCorrection(typed: Explanations, correction: Correction): Explanations {
  return {
    telex: extend(typed.telex, keyBehind(correction, "telex")),
    vni: extend(typed.vni, keyBehind(correction, "vni")),
  };
}

/** The different texts that explain everything, at most two. */
export function explanationsOf({ telex, vni }: Explanations): readonly string[] {
  return [...new Set([telex, vni])].filter((text) => text !== null);
}

function extend(text: string | null, key: string | null): string | null {
  return text === null || key === null ? null : text + key;
}

/** The key that turns the removed letters into the inserted ones; null: none of this way of typing does. */
function keyBehind({ removed, inserted }: Correction, method: Method): string | null {
  const before = lettersOf(removed);
  const after = lettersOf(inserted);
  if (!after.slice(0, before.length).every((letter, index) => letter.base === before[index]?.base))
    return null;
  // A letter more: the key typed itself, and moved or undid the marks before it (â and a: aa, ủ and y: uỷ).
  if (after.length === before.length + 1) return ownCharacter(before, after);
  if (after.length !== before.length || after.length === 0) return null;
  return shapeKey(before, after, method) ?? toneKey(before, after, method);
}

function ownCharacter(before: readonly Letter[], after: readonly Letter[]): string | null {
  const letter = after.at(-1);
  if (letter === undefined || letter.shape !== "" || letter.base > "~") return null;
  return letter.tone === "" || toneOf(before) === toneOf(after) ? letter.base : null;
}

/** One shape on every letter that changed: uo becomes ươ by one key. */
function shapeKey(
  before: readonly Letter[],
  after: readonly Letter[],
  method: Method,
): string | null {
  const changed = after.filter((letter, index) => letter.shape !== before[index]?.shape);
  const [first] = changed;
  if (first === undefined || toneOf(before) !== toneOf(after)) return null;
  if (!changed.every(({ shape }) => shape === first.shape)) return null;
  const keys = Object.hasOwn(shapeKeys, first.shape) ? shapeKeys[first.shape] : undefined;
  if (keys === undefined) return null;
  return cased(keys[method] === "" ? first.base : keys[method], first);
}

function toneKey(
  before: readonly Letter[],
  after: readonly Letter[],
  method: Method,
): string | null {
  const isSameShape = after.every((letter, index) => letter.shape === before[index]?.shape);
  const tone = toneOf(after);
  if (!isSameShape || tone === toneOf(before)) return null;
  const keys = Object.hasOwn(toneKeys, tone) ? toneKeys[tone] : undefined;
  return keys === undefined ? null : cased(keys[method], after.at(-1));
}

function toneOf(letters: readonly Letter[]): string {
  return letters.map(({ tone }) => tone).join("");
}

/** The swallowed key's case is not known; a scanner types a word in one. */
function cased(key: string, beside: Letter | undefined): string {
  const isUpper = beside !== undefined && beside.base !== beside.base.toLowerCase();
  return isUpper ? key.toUpperCase() : key.toLowerCase();
}

function lettersOf(text: string): readonly Letter[] {
  return Array.from(text.normalize("NFC"), letterOf);
}

function letterOf(character: string): Letter {
  if (character === "đ") return { base: "d", shape: BAR, tone: "" };
  if (character === "Đ") return { base: "D", shape: BAR, tone: "" };
  const [base = "", ...marks] = Array.from(character.normalize("NFD"));
  const shapes = marks.filter((mark) => Object.hasOwn(shapeKeys, mark));
  const tones = marks.filter((mark) => Object.hasOwn(toneKeys, mark));
  return { base, shape: shapes.join(""), tone: tones.join("") };
}
