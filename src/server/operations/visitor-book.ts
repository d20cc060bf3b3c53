import { documentOfNumber, numberText } from "#server/vault/document-number.ts";
import { VIETNAM_OFFSET_MS, localDay } from "#core/dates.ts";
import { foldName } from "#core/vietnamese.ts";
import type { CsvTable } from "#server/registry/csv.ts";

/** One line of a visitor book that was kept before the stations. Times are UTC milliseconds. */
export type BookLine = {
  readonly identity: string;
  readonly documentKind: "cccd" | "bhyt";
  readonly localDay: string;
  readonly enteredAtMs: number;
  readonly leftAtMs: number | null;
};

/** Why a line is not taken. Never quotes the line. */
export type BookFault =
  | "no-document"
  | "document-unknown"
  | "no-time"
  | "time-unreadable"
  | "left-before-entered"
  | "in-future"
  | "too-old";

export type ReadBook =
  | {
      readonly kind: "book";
      readonly lines: readonly BookLine[];
      readonly faults: readonly { readonly line: number; readonly fault: BookFault }[];
    }
  | { readonly kind: "no-columns"; readonly missing: readonly string[] };

/** Names of columns, folded: without marks, in lower case. */
const columnNames = {
  document: ["so cccd", "cccd", "so giay to", "so the", "so the bhyt", "bhyt", "document"],
  entered: ["gio vao", "thoi gian vao", "ngay gio vao", "vao luc", "entered_at", "entered at"],
  left: ["gio ra", "thoi gian ra", "ngay gio ra", "ra luc", "left_at", "left at"],
} as const;

const VIETNAMESE = /^(\d{1,2})\/(\d{1,2})\/(\d{4}) (\d{1,2}):(\d{2})(?::\d{2})?$/;
const ISO = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::\d{2})?$/;

/** Reads a book whose times are local ones. Names and everything else in it are not looked at. Pure. */
export function readBook(
  table: CsvTable,
  limits: { readonly nowMs: number; readonly oldestMs: number },
): ReadBook {
  const at = columnsOf(table.header);
  if (at.kind === "missing") return { kind: "no-columns", missing: at.missing };
  const lines: BookLine[] = [];
  const faults: { line: number; fault: BookFault }[] = [];
  for (const { line, cells } of table.rows) {
    const read = readLine(cells, at, limits);
    if (typeof read === "string") faults.push({ line, fault: read });
    else lines.push(read);
  }
  return { kind: "book", lines, faults };
}

type Columns =
  | {
      readonly kind: "columns";
      readonly document: number;
      readonly entered: number;
      /** -1: the book has no such column. */
      readonly left: number;
    }
  | { readonly kind: "missing"; readonly missing: readonly string[] };

function columnsOf(header: readonly string[]): Columns {
  const folded = header.map((name) => foldName(name).trim());
  const find = (names: readonly string[]) => folded.findIndex((name) => names.includes(name));
  const [document, entered] = [find(columnNames.document), find(columnNames.entered)];
  const missing = [...(document < 0 ? ["Số CCCD"] : []), ...(entered < 0 ? ["Giờ vào"] : [])];
  if (missing.length > 0) return { kind: "missing", missing };
  return { kind: "columns", document, entered, left: find(columnNames.left) };
}

function readLine(
  cells: readonly string[],
  at: Columns & { readonly kind: "columns" },
  limits: { readonly nowMs: number; readonly oldestMs: number },
): BookLine | BookFault {
  const document = numberText(cells[at.document] ?? "");
  if (document === "") return "no-document";
  const whose = documentOfNumber(document);
  if (whose === null) return "document-unknown";
  const enteredText = (cells[at.entered] ?? "").trim();
  if (enteredText === "") return "no-time";
  const enteredAtMs = parseTime(enteredText);
  const leftText = at.left < 0 ? "" : (cells[at.left] ?? "").trim();
  const leftAtMs = leftText === "" ? null : parseTime(leftText);
  if (enteredAtMs === null || (leftText !== "" && leftAtMs === null)) return "time-unreadable";
  if (leftAtMs !== null && leftAtMs < enteredAtMs) return "left-before-entered";
  if (enteredAtMs > limits.nowMs) return "in-future";
  if (enteredAtMs < limits.oldestMs) return "too-old";
  return { ...whose, localDay: localDay(enteredAtMs), enteredAtMs, leftAtMs };
}

/** `24/11/2026 07:30` or `2026-11-24 07:30`, local. Null when it is neither, or not in the calendar. */
function parseTime(text: string): number | null {
  const [, day, month, year, hour, minute] = VIETNAMESE.exec(text) ?? [];
  const [, isoYear, isoMonth, isoDay, isoHour, isoMinute] = ISO.exec(text) ?? [];
  const parts =
    year === undefined
      ? [isoYear, isoMonth, isoDay, isoHour, isoMinute]
      : [year, month, day, hour, minute];
  const [y = Number.NaN, mo = 0, d = 0, h = 0, mi = 0] = parts.map(Number);
  const utcMs = Date.UTC(y, mo - 1, d, h, mi);
  const date = new Date(utcMs);
  const isReal = date.getUTCMonth() === mo - 1 && date.getUTCDate() === d && h < 24 && mi < 60;
  return isReal ? utcMs - VIETNAM_OFFSET_MS : null;
}
