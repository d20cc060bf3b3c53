import { VIETNAM_OFFSET_MS } from "#core/dates.ts";
import { assertNever } from "#core/assert.ts";

/** What stands in one cell. */
export type Cell = string | number | boolean | null;

/** A table of an answer. */
export type Section = {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
};

/** Whose answer it is; goes on every line, so that a line that turns up somewhere tells where it came from. */
export type Stamp = {
  readonly caseNumber: string;
  readonly officer: string;
  /** UTC milliseconds. */
  readonly askedAtMs: number;
  readonly traceId: string;
};

export type Report = { readonly stamp: Stamp; readonly sections: readonly Section[] };

export const reportFormats = ["json", "ndjson", "csv", "xlsx"] as const;
export type ReportFormat = (typeof reportFormats)[number];

/** Signs at which a spreadsheet takes a cell for a formula (OWASP, CSV injection). */
const FORMULA_START = /^[\s'"]*[=+\-@\t\r|%]/u;
const CONTROL = /\p{Cc}+/gu;
/** Excel knows UTF-8 by it. */
const BYTE_ORDER_MARK = "\u{feff}";
/** Bytes of base64 in one line of output; a multiple of three. */
const XLSX_LINE_BYTES = 30_000;

/** The lines of a report; those of `xlsx` are the file in base64. */
export async function linesOf(report: Report, format: ReportFormat): Promise<readonly string[]> {
  switch (format) {
    case "json":
      return [JSON.stringify(jsonOf(report))];
    case "ndjson":
      return ndjsonOf(report);
    case "csv":
      return csvOf(report);
    case "xlsx":
      return base64Lines(await xlsxOf(report));
    default:
      return assertNever(format);
  }
}

/** Local time with its offset: `2026-11-24T09:00:00+07:00`. */
export function localTime(utcMs: number): string {
  return `${new Date(utcMs + VIETNAM_OFFSET_MS).toISOString().slice(0, 19)}+07:00`;
}

/** Whole minutes to one place. */
export function minutesOf(ms: number): number {
  return Math.round(ms / 6_000) / 10;
}

/** A cell that no spreadsheet takes for a formula, quoted where it must be. */
export function csvCell(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell !== "string") return String(cell);
  const text = cell.replaceAll(CONTROL, " ");
  const safe = FORMULA_START.test(cell) ? `'${text}` : text;
  return /[",;\n]/u.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Every section as an array of objects under its name, beside the stamp. */
export function jsonOf({ stamp, sections }: Report): object {
  const tables = sections.map((section) => [section.name, rowObjects(section)]);
  return { ...stampFields(stamp), ...Object.fromEntries(tables) };
}

function ndjsonOf(report: Report): readonly string[] {
  const stamp = stampFields(report.stamp);
  return numbered(report).map(({ section, row, lineId }) =>
    JSON.stringify({
      section: section.name,
      line_id: lineId,
      ...stamp,
      ...rowObject(section)(row),
    }),
  );
}

function csvOf(report: Report): readonly string[] {
  const lines = numbered(report);
  const mark = Object.entries(stampFields(report.stamp)).map(([key, value]) => `${key}: ${value}`);
  return [
    `${BYTE_ORDER_MARK}${mark.map(csvCell).join(",")}`,
    ...report.sections.flatMap((section) => [
      "",
      ["section", "line_id", "case", "officer", ...section.columns].map(csvCell).join(","),
      ...lines
        .filter((line) => line.section === section)
        .map(({ row, lineId }) =>
          [section.name, lineId, report.stamp.caseNumber, report.stamp.officer, ...row]
            .map(csvCell)
            .join(","),
        ),
    ]),
  ];
}

/** The file. */
export async function xlsxOf(report: Report): Promise<Buffer> {
  const { default: writeXlsxFile } = await import("write-excel-file/node");
  const mark = Object.entries(stampFields(report.stamp)).map(([key, value]) => `${key}: ${value}`);
  const lines = numbered(report);
  const sheets = report.sections.map((section) => ({
    sheet: section.name,
    data: [
      mark.map(textCell),
      ["line_id", ...section.columns].map((value) => ({
        ...textCell(value),
        fontWeight: "bold" as const,
      })),
      ...lines
        .filter((line) => line.section === section)
        .map(({ row, lineId }) => [textCell(lineId), ...row.map(typedCell)]),
    ],
  }));
  return writeXlsxFile(sheets).toBuffer();
}

/** A cell of type text is never a formula, whatever stands in it. */
function textCell(value: string) {
  return { value: value.replaceAll(CONTROL, " "), type: String };
}

function typedCell(cell: Cell) {
  if (cell === null) return null;
  if (typeof cell === "number") return { value: cell, type: Number };
  return textCell(String(cell));
}

function base64Lines(bytes: Buffer): readonly string[] {
  const count = Math.ceil(bytes.length / XLSX_LINE_BYTES);
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * XLSX_LINE_BYTES, (index + 1) * XLSX_LINE_BYTES).toString("base64"),
  );
}

type NumberedRow = {
  readonly section: Section;
  readonly row: readonly Cell[];
  readonly lineId: string;
};

function numbered({ stamp, sections }: Report): readonly NumberedRow[] {
  const rows = sections.flatMap((section) => section.rows.map((row) => ({ section, row })));
  return rows.map((one, index) => ({ ...one, lineId: `${stamp.traceId}-${index + 1}` }));
}

/** The rows of a section, each with its columns' names. */
export function rowObjects(section: Section): readonly object[] {
  return section.rows.map(rowObject(section));
}

function rowObject(section: Section): (row: readonly Cell[]) => object {
  return (row) =>
    Object.fromEntries(section.columns.map((column, index) => [column, row[index] ?? null]));
}

function stampFields(stamp: Stamp): Readonly<Record<string, string>> {
  return {
    case: stamp.caseNumber,
    officer: stamp.officer,
    asked_at: localTime(stamp.askedAtMs),
    trace_id: stamp.traceId,
  };
}
