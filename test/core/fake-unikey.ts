import type { KeyPress } from "#core/wedge-run.ts";
import { press, typed } from "../drivers/keys.ts";

/** The two ways of typing that every Vietnamese input method has. */
export type TypingMethod = "telex" | "vni";

/** A letter on the screen: without marks, its shape (hat, breve, horn, bar as VNI's digit) and its tone (VNI's digit). */
type Letter = { base: string; shape: string; tone: string };

const SHAPES: Readonly<Record<string, string>> = { "6": "\u0302", "7": "\u031b", "8": "\u0306" };
const TONES: Readonly<Record<string, string>> = {
  "1": "\u0301",
  "2": "\u0300",
  "3": "\u0309",
  "4": "\u0303",
  "5": "\u0323",
};
const TELEX_TONES: Readonly<Record<string, string>> = { s: "1", f: "2", r: "3", x: "4", j: "5" };

/**
 * What a page sees of a scanner's keys when an input method of this kind hooks the keyboard: keys that change nothing go
 * through, every other one is swallowed and answered with Backspaces and injected letters. `gapMs` between the scanner's
 * keys; injected ones come at once. Written from how such programs behave, not from the decoder.
 */
export function throughUnikey(
  text: string,
  method: TypingMethod,
  startMs = 0,
  gapMs = 8,
): readonly KeyPress[] {
  let word: readonly Letter[] = [];
  let timeMs = startMs;
  return Array.from(text).flatMap((character) => {
    const keys = typed(character, timeMs, gapMs);
    timeMs += keys.length * gapMs;
    const before = shown(word);
    word = afterKey(word, character, method);
    const after = shown(word);
    // A word that ended begins anew with nothing.
    if (after === "" || after === before + character) return keys;
    return [...keys.slice(0, -1), ...keys.slice(-1).flatMap((key) => rewrite(before, after, key))];
  });
}

function rewrite(before: string, after: string, { timeMs, shift }: KeyPress): readonly KeyPress[] {
  const [old, fresh] = [Array.from(before), Array.from(after)];
  const same = old.findIndex((letter, index) => letter !== fresh[index]);
  const kept = same === -1 ? old.length : same;
  return [
    ...old.slice(kept).map(() => press("Backspace", timeMs, { key: "Backspace", shift })),
    ...fresh.slice(kept).map((letter) => press("", timeMs, { key: letter, shift })),
  ];
}

function afterKey(word: readonly Letter[], key: string, method: TypingMethod): Letter[] {
  const mark = markOf(word, key, method);
  if (mark !== null) {
    const marked = withMark(word, mark);
    // The same mark twice takes it off again and types the key.
    return marked ?? [...withoutMark(word, mark), plain(key)];
  }
  const isLetter = method === "vni" ? /[a-z0-9]/i : /[a-z]/i;
  if (!isLetter.test(key)) return [];
  return placeTone([...word, plain(key)]);
}

const plain = (base: string): Letter => ({ base, shape: "", tone: "" });

/** The mark that the key asks for, as VNI's digit; null: it is a key like any other. */
function markOf(word: readonly Letter[], key: string, method: TypingMethod): string | null {
  const bases = word.map(({ base }) => base.toLowerCase()).join("");
  const low = key.toLowerCase();
  const hasVowel = /[aeiouy]/.test(bases);
  if (method === "vni") {
    if (/[1-5]/.test(key) && hasVowel) return key;
    if (key === "6" && /[aeo]/.test(bases)) return key;
    if (key === "7" && /[ou]/.test(bases)) return key;
    if (key === "8" && bases.includes("a")) return key;
    return key === "9" && bases.includes("d") ? key : null;
  }
  if (Object.hasOwn(TELEX_TONES, low) && hasVowel) return TELEX_TONES[low] ?? null;
  if (low === "d") return bases.includes("d") ? "9" : null;
  if (/[aeo]/.test(low)) return bases.includes(low) ? `6${low}` : null;
  if (low !== "w") return null;
  if (/[ou]/.test(bases)) return "7";
  return bases.includes("a") ? "8" : null;
}

/** Null: the word has that mark already. */
function withMark(word: readonly Letter[], mark: string): Letter[] | null {
  if (Object.hasOwn(TONES, mark)) {
    if (word.some(({ tone }) => tone === mark)) return null;
    const target = toneTarget(word);
    return word.map((letter, index) => ({ ...letter, tone: index === target ? mark : "" }));
  }
  const target = word.findLastIndex((letter) => takesShape(letter, mark));
  const shape = mark.slice(0, 1);
  if (target < 0 || word[target]?.shape === shape) return null;
  return word.map((letter, index) => (index === target ? { ...letter, shape } : letter));
}

function withoutMark(word: readonly Letter[], mark: string): Letter[] {
  if (Object.hasOwn(TONES, mark)) return word.map((letter) => ({ ...letter, tone: "" }));
  const target = word.findLastIndex((letter) => takesShape(letter, mark));
  return word.map((letter, index) => (index === target ? { ...letter, shape: "" } : letter));
}

function takesShape({ base }: Letter, mark: string): boolean {
  const low = base.toLowerCase();
  switch (mark.slice(0, 1)) {
    case "6":
      return mark.length > 1 ? low === mark.slice(1) : /[aeo]/.test(low);
    case "7":
      return /[ou]/.test(low);
    case "8":
      return low === "a";
    default:
      return low === "d";
  }
}

/** A tone moves to the vowel that carries it when the word grows. */
function placeTone(word: Letter[]): Letter[] {
  const tone = word.find((letter) => letter.tone !== "")?.tone ?? "";
  const target = toneTarget(word);
  return word.map((letter, index) => ({ ...letter, tone: index === target ? tone : "" }));
}

function toneTarget(word: readonly Letter[]): number {
  const isVowel = ({ base }: Letter) => /[aeiouy]/i.test(base);
  const shaped = word.findLastIndex((letter) => isVowel(letter) && letter.shape !== "");
  if (shaped >= 0) return shaped;
  const last = word.findLastIndex(isVowel);
  const isOpenPair =
    last === word.length - 1 && last > 0 && word.slice(last - 1, last).some(isVowel);
  return isOpenPair ? last - 1 : last;
}

function shown(word: readonly Letter[]): string {
  return word
    .map(({ base, shape, tone }) => {
      const bar = shape === "9" ? (base === "d" ? "đ" : "Đ") : base;
      return `${bar}${SHAPES[shape] ?? ""}${TONES[tone] ?? ""}`.normalize("NFC");
    })
    .join("");
}
