/** The codes of the test sheet, and what scanners and computers that are set wrongly are known to make of them. */

/** What each code is about: keys and layouts, Vietnamese letters, length and control characters. */
export type TestCodeName = "keys" | "letters" | "length";

/** Layouts that a scanner or a computer is found set to instead of US. */
export type WrongLayout = "azerty" | "qwertz" | "vietnamese";

/** Encodings that Vietnamese letters are wrongly read as. */
export type WrongCharset =
  "latin-1" | "windows-1252" | "windows-1258" | "big5" | "shift_jis" | "gb18030" | "unknown";

/** Something that bends a text on its way, and what it makes of it. */
export type Distortion = {
  readonly cause:
    | { readonly kind: "layout"; readonly layout: WrongLayout }
    | { readonly kind: "input-method"; readonly method: "telex" | "vni" }
    | { readonly kind: "caps-lock" }
    | { readonly kind: "charset"; readonly charset: WrongCharset }
    | { readonly kind: "marks-lost" }
    | { readonly kind: "letters-lost" }
    | { readonly kind: "control-lost" };
  /** The text as it arrives. */
  bend(text: string): string;
};

/**
 * Begins and ends every code, a letter of its own behind it. Consonants that no layout here moves, that Telex and VNI leave
 * alone, that are ASCII in every encoding, and a space on either side of them: so a test code is known when all else is bent.
 */
export const TEST_MARKER = "TBKTCHVN";

/** The letter behind the marker. */
export const markerLetters: Readonly<Record<TestCodeName, string>> = {
  keys: "K",
  letters: "L",
  length: "B",
};

/** In the order of the sheet. */
export const testCodeNames: readonly TestCodeName[] = ["keys", "letters", "length"];

const GS = "\u001d";

/** Four digits a block, so that what is missing can be told. */
const blocks = Array.from({ length: 55 }, (_, index) => String(index + 1).padStart(4, "0"));

/**
 * `keys` is ASCII, with words that Telex and VNI rewrite and signs that layouts move. `letters` is 112 bytes of UTF-8, two
 * full HID reports, and a letter lies across byte 56. `length` is 300 bytes, as long as long cards are, with a GS.
 */
const bodies: Readonly<Record<TestCodeName, string>> = {
  keys: "aa dd as ow a6 d9 o7 q a z y m QAZYM 0123456789 |/-$<>:._+;",
  letters: "Chữ Việt: kiểm nghiệm, đường, khuỷu, tuyết, thuở, ẩn, độ, lễ, sân.",
  length: `GS${GS}GS ${blocks.join(" ")}`,
};

/** What a test code says, as bytes of UTF-8. */
export function testCodePayload(name: TestCodeName): string {
  const mark = TEST_MARKER + markerLetters[name];
  return `${mark} ${bodies[name]} ${mark}`;
}

/** Pairs of characters: the first becomes the second. A first without a second is lost. */
function swaps(from: string, to: string): (text: string) => string {
  const targets = Array.from(to);
  const table = new Map(Array.from(from).map((sign, index) => [sign, targets[index] ?? ""]));
  return (text) => Array.from(text, (sign) => table.get(sign) ?? sign).join("");
}

function words(pairs: Readonly<Record<string, string>>): (text: string) => string {
  return (text) =>
    text
      .split(" ")
      .map((word) => pairs[word] ?? word)
      .join(" ");
}

function misread(charset: string): (text: string) => string {
  return (text) => new TextDecoder(charset).decode(new TextEncoder().encode(text));
}

function latin1(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

function swapCase(text: string): string {
  return Array.from(text, (sign) => {
    const upper = sign.toUpperCase();
    return sign === upper ? sign.toLowerCase() : upper;
  }).join("");
}

function withoutMarks(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").replaceAll("đ", "d").replaceAll("Đ", "D");
}

const NOT_ASCII = /\P{ASCII}/gu;
const CONTROL = /\p{Cc}/gu;

/**
 * Every known way. Layouts come twice: a scanner that presses the keys of its own layout while TramQR reads US places,
 * and a scanner set to US on a computer that is not.
 */
export const distortions: readonly Distortion[] = [
  layout("azerty", "1234567890aqzwmAQZWM-/:;._+$|<>", "!@#$%^&*()qawz;QAWZ:6?.,>8+]"),
  layout("azerty", "1234567890aqzwmAQZWM-/:;._|$<>", "&é\"'(-è_çàqawz,QAWZ?)!Mm:°µ4?."),
  layout("qwertz", "yzYZ/-:;_+|<>", "zyZY&/><?]"),
  layout("qwertz", "yzYZ/-:;_+|<>", "zyZY-ßÖö?`';:"),
  layout("vietnamese", "1234567890", "ăâêô\u0300\u0309\u0303\u0301\u0323đ"),
  { cause: { kind: "caps-lock" }, bend: swapCase },
  {
    cause: { kind: "input-method", method: "telex" },
    bend: words({ aa: "â", dd: "đ", as: "á", ow: "ơ" }),
  },
  {
    cause: { kind: "input-method", method: "vni" },
    bend: words({ a6: "â", d9: "đ", o7: "ơ" }),
  },
  { cause: { kind: "charset", charset: "latin-1" }, bend: latin1 },
  ...(["windows-1252", "windows-1258", "big5", "shift_jis", "gb18030"] as const).map(
    (charset): Distortion => ({ cause: { kind: "charset", charset }, bend: misread(charset) }),
  ),
  { cause: { kind: "marks-lost" }, bend: withoutMarks },
  { cause: { kind: "letters-lost" }, bend: (text) => text.replaceAll(NOT_ASCII, "") },
  { cause: { kind: "letters-lost" }, bend: (text) => text.replaceAll(NOT_ASCII, "?") },
  { cause: { kind: "control-lost" }, bend: (text) => text.replaceAll(CONTROL, "") },
  { cause: { kind: "control-lost" }, bend: (text) => text.replaceAll(CONTROL, " ") },
];

function layout(name: WrongLayout, from: string, to: string): Distortion {
  return { cause: { kind: "layout", layout: name }, bend: swaps(from, to) };
}
