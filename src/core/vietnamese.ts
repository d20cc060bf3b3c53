/** The vowels with marks and đ, in lower case and NFC: every letter of Vietnamese that is not ASCII. */
const MARKED_LETTERS = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ";
/** Letters of Ê Đê, Gia Rai and Ba Na names that Vietnamese itself lacks. */
const MINORITY_LETTERS = "ĕŏŭĭčñ";
/** Signs that addresses hold: en and em dash, quotes, ellipsis, no-break space, degree, squared, middle dot. */
const SIGNS = "–—‘’“”…\u00a0°²·";

const letters = MARKED_LETTERS + MINORITY_LETTERS;
const cased = letters + letters.toUpperCase();
const TWO_TONES =
  /[\u0300\u0301\u0303\u0309\u0323]\p{L}[\p{L}\p{M}]*?[\u0300\u0301\u0303\u0309\u0323]/u;
/** What a code unit may be; a table, because every scan asks for every character. */
const ASCII_END = 0x80;
const TABLE_END = 0x2100;
const unitKinds = new Uint8Array(TABLE_END);
const LETTER = 1;
const SIGN = 2;
const vowelUnits = new Uint8Array(TABLE_END);
const VOWELS = `aeiouyAEIOUY${cased.replaceAll(/[đčñ]/giu, "")}`;
const SPACE = 0x20;
for (const vowel of VOWELS) vowelUnits[vowel.charCodeAt(0)] = 1;
for (const letter of cased) unitKinds[letter.charCodeAt(0)] = LETTER;
for (const sign of SIGNS) unitKinds[sign.charCodeAt(0)] = SIGN;

/**
 * True when every letter could stand in a Vietnamese name or address. A sign right after a marked letter is refused,
 * because that is what UTF-8 read as Latin-1 looks like: `Hà` becomes `HÃ` and a no-break space.
 */
export function isVietnameseText(nfc: string): boolean {
  let before = 0;
  for (let index = 0; index < nfc.length; index += 1) {
    const unit = nfc.charCodeAt(index);
    if (unit >= ASCII_END) {
      const kind = unitKinds[unit] ?? 0;
      if (kind !== LETTER && (kind !== SIGN || before >= ASCII_END)) return false;
    }
    before = unit;
  }
  return true;
}

/** {@link isVietnameseText} without the rule about signs, for text that no repair explains better. */
export function isLooselyVietnameseText(nfc: string): boolean {
  for (let index = 0; index < nfc.length; index += 1) {
    const unit = nfc.charCodeAt(index);
    if (unit >= ASCII_END && (unitKinds[unit] ?? 0) === 0) return false;
  }
  return true;
}

/** Without marks, đ as d, lower case, single spaces: for searching and comparing, never for showing. */
export function foldName(name: string): string {
  return name
    .normalize("NFD")
    .replaceAll(/[\u0300-\u036f]/g, "")
    .replaceAll(/[đĐ]/g, "d")
    .toLowerCase()
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** Family and given name in full, the names between as initials: `Nguyễn Thị Ngọc Ẩn` is `Nguyễn T. N. Ẩn`. */
export function shortName(name: string): string {
  const words = name.trim().split(/\s+/u);
  return words
    .map((word, index) => (isMiddle(index, words.length) ? initial(word) : word))
    .join(" ");
}

/** Three signs, dots, four signs: `079•••••1234`. What is too short for that shows its last two. */
export function maskNumber(number: string): string {
  const signs = Array.from(number.replaceAll("*", "•"));
  const shownAtStart = signs.length >= 9 ? 3 : 0;
  const shownAtEnd = signs.length >= 9 ? 4 : 2;
  const hiddenCount = Math.max(0, signs.length - shownAtStart - shownAtEnd);
  const end = signs.slice(shownAtStart + hiddenCount).join("");
  return signs.slice(0, shownAtStart).join("") + "•".repeat(hiddenCount) + end;
}

/**
 * True when a word of two or more letters has no vowel: what remains of `Văn` when a scanner drops the letters it has
 * no key for.
 */
export function hasWordWithoutVowel(name: string): boolean {
  let [length, hasVowel] = [0, false];
  for (let index = 0; index <= name.length; index += 1) {
    const unit = index < name.length ? name.charCodeAt(index) : SPACE;
    if (!isSeparator(unit)) {
      length += 1;
      hasVowel ||= vowelUnits[unit] === 1;
      continue;
    }
    if (length >= 2 && !hasVowel) return true;
    [length, hasVowel] = [0, false];
  }
  return false;
}

/** Space, `'`, `-`, `.` and `’`, which stand between the words of names. */
function isSeparator(unit: number): boolean {
  return unit === SPACE || unit === 0x27 || unit === 0x2d || unit === 0x2e || unit === 0x2019;
}

/** True when a word has two tone marks, which no Vietnamese syllable has: `Hương` in the wrong code page is `Hýõng`. */
export function hasWordWithTwoTones(text: string): boolean {
  return TWO_TONES.test(text.normalize("NFD"));
}

function isMiddle(index: number, count: number): boolean {
  return index > 0 && index < count - 1;
}

function initial(word: string): string {
  const first = Array.from(word.normalize("NFC"))[0] ?? "";
  return `${first}.`;
}
