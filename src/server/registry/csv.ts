import { CsvError, parse } from "csv-parse/sync";
import { isLooselyVietnameseText } from "#core/vietnamese.ts";

/** How the bytes of a file were read. */
export type CsvEncoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1258";

export type CsvRow = {
  /** Line of the file on which the row begins, from 1; the header is line 1. */
  readonly line: number;
  readonly cells: readonly string[];
};

export type CsvTable = {
  readonly encoding: CsvEncoding;
  readonly header: readonly string[];
  readonly rows: readonly CsvRow[];
};

/** The file is no table that can be read; the message says why, in Vietnamese and English. */
export class BadCsv extends Error {
  override readonly name = "BadCsv";
}

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_ROWS = 200_000;
const DELIMITERS = [";", ",", "\t"] as const;
/** A byte-order mark in front of the text. */
const BOM = "\uFEFF";

/**
 * Reads a CSV file as spreadsheets write them: UTF-8, UTF-16 or Windows-1258, with or without a byte-order mark, fields
 * divided by semicolons, commas or tabs, quoted or not. Cells are as they were written. Throws {@link BadCsv}.
 */
export function readCsv(bytes: Uint8Array): CsvTable {
  if (bytes.length > MAX_BYTES) {
    throw new BadCsv("Tệp lớn quá 64 MB. / The file is larger than 64 MB.");
  }
  const { encoding, text } = decode(bytes);
  const [header, ...rows] = parseRows(text);
  if (header === undefined) throw new BadCsv("Tệp không có dòng nào. / The file is empty.");
  if (rows.length > MAX_ROWS) {
    throw new BadCsv(`Tệp có hơn ${MAX_ROWS} dòng. / The file has more than ${MAX_ROWS} rows.`);
  }
  return { encoding, header: header.cells, rows };
}

function decode(bytes: Uint8Array): { readonly encoding: CsvEncoding; readonly text: string } {
  const wide = utf16Kind(bytes);
  if (wide !== null) return { encoding: wide, text: decodeAs(bytes, wide) };
  try {
    return { encoding: "utf-8", text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    // Not UTF-8: what Vietnamese Windows wrote before it.
    const text = decodeAs(bytes, "windows-1258").normalize("NFC");
    if (isLooselyVietnameseText(text)) return { encoding: "windows-1258", text };
  }
  throw new BadCsv(
    "Không đọc được bảng mã của tệp: xin lưu lại dạng CSV UTF-8. / The file's encoding is not known: save it as CSV UTF-8.",
  );
}

/** By its mark; without one by its zeros: every second byte of a Latin text in UTF-16 is 0, and UTF-8 has none. */
function utf16Kind(bytes: Uint8Array): "utf-16le" | "utf-16be" | null {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  if (first !== 0 && second === 0) return "utf-16le";
  return first === 0 && second !== 0 && second !== undefined ? "utf-16be" : null;
}

function decodeAs(bytes: Uint8Array, encoding: CsvEncoding): string {
  return new TextDecoder(encoding).decode(bytes);
}

function parseRows(text: string): readonly CsvRow[] {
  const body = text.startsWith(BOM) ? text.slice(BOM.length) : text;
  const firstLine = /^[^\r\n]*/.exec(body)?.[0] ?? "";
  const rows: CsvRow[] = [];
  let linesBefore = 0;
  try {
    parse(body, {
      delimiter: delimiterOf(firstLine),
      relax_column_count: true,
      on_record(cells: string[], { lines }) {
        // `lines` counts up to the row's end, and a quoted cell may hold line breaks.
        const line = Math.max(linesBefore + 1, lines - countBreaks(cells));
        linesBefore = lines;
        if (cells.some((cell) => cell.trim() !== "")) rows.push({ line, cells });
        return null;
      },
    });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const line = typeof cause["lines"] === "number" ? cause["lines"] : "?";
    throw new BadCsv(
      `Dấu ngoặc kép không khớp ở dòng ${line}. / A quotation mark does not match on line ${line}.`,
      { cause },
    );
  }
  return rows;
}

function countBreaks(cells: readonly string[]): number {
  return cells.reduce((count, cell) => count + cell.split("\n").length - 1, 0);
}

function delimiterOf(firstLine: string): string {
  const counts = DELIMITERS.map((sign) => ({ sign, count: firstLine.split(sign).length }));
  return counts.toSorted((a, b) => b.count - a.count)[0]?.sign ?? ";";
}
