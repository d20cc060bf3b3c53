/**
 * Turns text back into the bytes of a legacy encoding, for undoing what a scanner did that took UTF-8 for something
 * else. The tables are built from the runtime's own decoders at the first need, so they can never disagree with them.
 */

/** Encodings that scanners and decoders are known to guess (docs/formats/text.md). */
export const legacyEncodings = [
  "latin-1",
  "windows-1252",
  "windows-1258",
  "big5",
  "shift_jis",
  "gb18030",
] as const;
export type LegacyEncoding = (typeof legacyEncodings)[number];

/** A character's only byte sequence, or null when two sequences mean it and the way back is not exact. */
type EncodingTable = ReadonlyMap<string, readonly number[] | null>;

const LINE_FEED = 0x0a;
const tables = new Map<LegacyEncoding, EncodingTable>();

/** The only bytes that decode to `text`; null when there are none, or more than one way. */
export function encodeLegacy(text: string, encoding: LegacyEncoding): Uint8Array | null {
  const table = tableOf(encoding);
  const bytes: number[] = [];
  for (const character of text) {
    const sequence = table.get(character) ?? null;
    if (sequence === null) return null;
    bytes.push(...sequence);
  }
  return Uint8Array.from(bytes);
}

function tableOf(encoding: LegacyEncoding): EncodingTable {
  const known = tables.get(encoding);
  if (known !== undefined) return known;
  const table = buildTable(encoding);
  tables.set(encoding, table);
  return table;
}

function buildTable(encoding: LegacyEncoding): EncodingTable {
  const table = new Map<string, readonly number[] | null>();
  for (let byte = 0; byte < 256; byte += 1) {
    if (encoding === "latin-1") table.set(String.fromCharCode(byte), [byte]);
    else addDecoded(table, encoding, [[byte]]);
  }
  if (isDoubleByte(encoding)) addDecoded(table, encoding, doubleBytes());
  return table;
}

function isDoubleByte(encoding: LegacyEncoding): boolean {
  return encoding === "big5" || encoding === "shift_jis" || encoding === "gb18030";
}

// GB18030's sequences of four bytes need a digit between two bytes of a UTF-8 letter, so no name leads to them.
function doubleBytes(): readonly (readonly number[])[] {
  const pairs: number[][] = [];
  for (let lead = 0x81; lead <= 0xfe; lead += 1) {
    for (let trail = 0x40; trail <= 0xfe; trail += 1) pairs.push([lead, trail]);
  }
  return pairs;
}

/** Decodes all sequences in one go, a line feed after each: no encoding here uses it as a second byte. */
function addDecoded(
  table: Map<string, readonly number[] | null>,
  encoding: LegacyEncoding,
  sequences: readonly (readonly number[])[],
): void {
  if (sequences.length === 1 && sequences[0]?.[0] === LINE_FEED) {
    table.set("\n", [LINE_FEED]);
    return;
  }
  const bytes = Uint8Array.from(sequences.flatMap((sequence) => [...sequence, LINE_FEED]));
  const lines = new TextDecoder(encoding).decode(bytes).split("\n");
  sequences.forEach((sequence, index) => {
    const line = lines[index] ?? "";
    if (line.includes("\ufffd") || Array.from(line).length !== 1) return;
    table.set(line, table.has(line) ? null : sequence);
  });
}
