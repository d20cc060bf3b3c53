import { encodeLegacy, legacyEncodings } from "#core/legacy-encodings.ts";
import {
  hasWordWithTwoTones,
  isLooselyVietnameseText,
  isVietnameseText,
} from "#core/vietnamese.ts";

/** A scan's text after decoding, and how sure we are of it. */
export type DecodedText = {
  /**
   * NFC; stripped of BOM, NUL, terminators, outer spaces and an AIM prefix. `HC1:` texts are never trimmed or re-cased.
   * Bytes that no encoding explains stand as U+F700 + byte, so that two different codes never become one text.
   */
  readonly text: string;
  /** `repaired` names the reversible repair that gave Vietnamese letters back; `doubtful` means none did. */
  readonly certainty: "utf-8" | "repaired" | "doubtful";
  readonly encoding: string;
  /** AIM symbology identifier such as `]Q1`, when the scanner sent one. */
  readonly symbology: string | null;
  /** Printable characters in the text, spaces and undecodable bytes not counted; 0 is noise. */
  readonly printableCount: number;
};

type Decoded = Pick<DecodedText, "text" | "certainty" | "encoding">;
type Framed = Pick<DecodedText, "text" | "symbology">;

/** First code point of the private-use row in which undecodable bytes are kept. */
const UNDECODABLE_BASE = 0xf700;

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const looseLatin = new TextDecoder("windows-1252");
const looseVietnamese = new TextDecoder("windows-1258");

const UNPRINTABLE = /[\s\p{C}\ufffd]/u;
// STX, ETX, TAB, CR and LF: what scanners are set to send around a code.
const FRAMING = "\u0002\u0003\t\r\n";
/** ISO/IEC 15424: a closing bracket, the code letter of the symbology, a modifier. */
const AIM_PREFIX = /^\][A-Za-z][0-9]/;
/** AIM ECI protocol: `\000026` names the encoding, and every other backslash is doubled. */
const ECI_PREFIX = /^\\\d{6}/;

/** Bytes → text as docs/formats/text.md says: strict UTF-8, else exact reversible repairs, else flagged. Never throws. */
export function decodeScan(bytes: Uint8Array): DecodedText {
  const decoded = decodeBytes(bytes);
  const { text, symbology } = stripFraming(decoded.text);
  const { certainty, encoding } = decoded;
  return { text, certainty, encoding, symbology, printableCount: countPrintable(text) };
}

/** For people to look at: undecodable bytes become U+FFFD. */
export function readableText(text: string): string {
  return text.replaceAll(/[\uf700-\uf7ff]/g, "\ufffd");
}

function countPrintable(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (isPrintableAscii(unit) || isPrintableMark(unit, text.charAt(index))) count += 1;
  }
  return count;
}

function isPrintableAscii(unit: number): boolean {
  return unit > 0x20 && unit < 0x7f;
}

/** Latin letters with marks are let through without asking the pattern: they are most of what comes. */
function isPrintableMark(unit: number, character: string): boolean {
  if (unit < 0x7f) return false;
  const isLatinLetter = (unit >= 0xc0 && unit <= 0x24f) || (unit >= 0x1ea0 && unit <= 0x1ef9);
  return isLatinLetter || !UNPRINTABLE.test(character);
}

/** Strict UTF-8, or null. */
export function decodeStrictUtf8(bytes: Uint8Array): string | null {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    // A fatal decoder has no other way to say "not UTF-8".
    return null;
  }
}

function decodeBytes(bytes: Uint8Array): Decoded {
  const raw = decodeStrictUtf8(bytes);
  if (raw === null) return decodeRawLegacy(bytes);
  // As many characters as bytes: all of it is ASCII.
  if (raw.length === bytes.length) return { text: raw, certainty: "utf-8", encoding: "utf-8" };
  // Composed letters only: it is in NFC already.
  if (isVietnameseText(raw)) return { text: raw, certainty: "utf-8", encoding: "utf-8" };
  const text = nfcWithoutBom(raw);
  if (isVietnameseText(text)) return { text, certainty: "utf-8", encoding: "utf-8" };
  const repaired = undoMisreading(raw);
  if (repaired !== null) return repaired;
  const certainty = isLooselyVietnameseText(text) ? "utf-8" : "doubtful";
  return { text, certainty, encoding: "utf-8" };
}

/** Text that arose when somebody read UTF-8 bytes as a legacy encoding and passed the characters on. */
function undoMisreading(misread: string): Decoded | null {
  const repairs = legacyEncodings.flatMap((encoding) => {
    const bytes = encodeLegacy(misread, encoding);
    const raw = bytes === null ? null : decodeStrictUtf8(bytes);
    if (raw === null) return [];
    const text = nfcWithoutBom(raw);
    if (!isVietnameseText(text)) return [];
    return [{ text, encoding }];
  });
  const [first] = repairs;
  if (first === undefined) return null;
  const isCertain = repairs.every((repair) => repair.text === first.text);
  return { ...first, certainty: isCertain ? "repaired" : "doubtful" };
}

/** Bytes of a scanner that is set to Windows-1258 (Vietnamese) or Windows-1252. */
function decodeRawLegacy(bytes: Uint8Array): Decoded {
  const vietnamese = looseVietnamese.decode(bytes).normalize("NFC");
  const latin = looseLatin.decode(bytes).normalize("NFC");
  const isVietnamese = isVietnameseText(vietnamese) && !hasWordWithTwoTones(vietnamese);
  const isLatin = isVietnameseText(latin) && !hasWordWithTwoTones(latin);
  if (!isVietnamese && !isLatin) {
    return { text: decodeKeepingBytes(bytes), certainty: "doubtful", encoding: "unknown" };
  }
  // `mã` in one is `mă` in the other: where both make sense the name needs a look.
  const isAmbiguous = isVietnamese && isLatin && vietnamese !== latin;
  const certainty = isAmbiguous ? "doubtful" : "repaired";
  return isVietnamese
    ? { text: vietnamese, certainty, encoding: "windows-1258" }
    : { text: latin, certainty, encoding: "windows-1252" };
}

/** UTF-8 wherever it is whole, every other byte in the private-use row. */
function decodeKeepingBytes(bytes: Uint8Array): string {
  let text = "";
  let index = 0;
  while (index < bytes.length) {
    const sequence = bytes.subarray(index, index + sequenceLength(bytes[index] ?? 0));
    const whole = decodeStrictUtf8(sequence);
    text += whole ?? String.fromCharCode(UNDECODABLE_BASE + (bytes[index] ?? 0));
    index += whole === null ? 1 : sequence.length;
  }
  return text.normalize("NFC");
}

function sequenceLength(firstByte: number): number {
  if (firstByte >= 0xf0) return 4;
  if (firstByte >= 0xe0) return 3;
  return firstByte >= 0xc0 ? 2 : 1;
}

function nfcWithoutBom(raw: string): string {
  const text = raw.includes("\ufeff") ? raw.replaceAll("\ufeff", "") : raw;
  return text.normalize("NFC");
}

function stripFraming(decoded: string): Framed {
  const bare = withoutOuterFraming(decoded.includes("\0") ? decoded.replaceAll("\0", "") : decoded);
  const symbology = bare.startsWith("]") ? (AIM_PREFIX.exec(bare)?.[0] ?? null) : null;
  const content = symbology === null ? bare : bare.slice(symbology.length);
  return { text: trimmed(withoutEci(content)), symbology };
}

function withoutOuterFraming(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && FRAMING.includes(text.charAt(start))) start += 1;
  while (end > start && FRAMING.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function withoutEci(content: string): string {
  if (!content.startsWith("\\") || !ECI_PREFIX.test(content)) return content;
  return content.replace(ECI_PREFIX, "").replaceAll("\\\\", "\\");
}

// Base45 has the space among its digits: a health certificate may end in one.
function trimmed(content: string): string {
  const start = content.trimStart();
  return start.startsWith("HC1:") ? start : start.trimEnd();
}
