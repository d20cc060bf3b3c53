import { foldName } from "#core/vietnamese.ts";
import type { CommuneFinder } from "#server/registry/communes.ts";
import type { CsvTable } from "#server/registry/csv.ts";
import { naturalKey, parsePlace, rawFields, tidy } from "#server/registry/place-fields.ts";
import type { Fault, PlaceFields, RawField, RawPlace } from "#server/registry/place-fields.ts";

/** What a row says besides the place's own fields. */
type ExtraColumn = "key" | "zones" | "gates" | "old_code";
export type PlaceColumn = RawField | ExtraColumn;

/** One row that was understood. */
export type PlaceRow = {
  readonly line: number;
  /** What makes it the same place when the file is read again. */
  readonly importKey: string;
  readonly fields: PlaceFields;
  readonly zones: readonly string[];
  /** Never empty. */
  readonly gates: readonly string[];
  /** Sign by sign as the cell has it. */
  readonly oldCode: string | null;
};

export type RowFault = Fault<PlaceColumn> & { readonly line: number };

export type PlaceTable = {
  readonly rows: readonly PlaceRow[];
  readonly faults: readonly RowFault[];
  /** Columns of the file that mean nothing here. */
  readonly ignored: readonly string[];
};

/** What people call the columns, without marks. The first name of each is the one in our own documents. */
const columnNames: Readonly<Record<PlaceColumn, readonly string[]>> = {
  key: ["ma_co_so", "ma so", "key", "id"],
  name: ["ten", "ten co so", "name"],
  type: ["loai", "loai hinh", "loai co so", "type"],
  address: ["dia_chi", "address"],
  commune: ["xa_phuong", "xa", "phuong", "phuong xa", "commune"],
  district: ["quan_huyen", "huyen", "quan", "district"],
  opening_hours: ["gio_mo_cua", "gio hoat dong", "opening hours"],
  owner_name: ["nguoi_phu_trach", "chu co so", "owner name", "owner"],
  owner_phone: ["dien_thoai", "so dien thoai", "sdt", "owner phone", "phone"],
  retention_days: ["so_ngay_luu", "retention days"],
  questions: ["khai_bao", "questions"],
  zones: ["khu_vuc", "zones"],
  gates: ["cua", "cong", "gates"],
  old_code: ["ma_cu", "ma dia diem cu", "old code"],
};

/** The gate of a place that names none. */
const MAIN_GATE = "Cổng chính";
const MAX_PARTS = 50;

/** Understands a table of places. Faults are told for every row; a row with a fault is not among the rows. */
export function readPlaceTable(table: CsvTable, find: CommuneFinder): PlaceTable {
  const columns = table.header.map(columnOf);
  const rows: PlaceRow[] = [];
  const faults: RowFault[] = [];
  const lineOfKey = new Map<string, number>();
  for (const { line, cells } of table.rows) {
    const cell = (column: PlaceColumn) => cells[columns.indexOf(column)] ?? "";
    const parsed = parsePlace(rawOf(cell), find);
    if (parsed.kind === "faults") {
      faults.push(...parsed.faults.map((fault) => ({ line, ...fault })));
      continue;
    }
    const row = rowOf(line, cell, parsed.fields);
    const before = lineOfKey.get(row.importKey);
    if (before !== undefined) faults.push(doubled(line, before));
    else rows.push(row);
    lineOfKey.set(row.importKey, before ?? line);
  }
  const ignored = table.header.filter((_, index) => columns[index] === null);
  return { rows, faults: [...headerFaults(columns), ...faults], ignored };
}

function columnOf(heading: string): PlaceColumn | null {
  const folded = plain(heading);
  const found = Object.entries(columnNames).find(([, names]) => names.map(plain).includes(folded));
  return found === undefined ? null : asColumn(found[0]);
}

function plain(heading: string): string {
  return foldName(heading.replaceAll(/[_*:]/g, " "));
}

function asColumn(text: string): PlaceColumn | null {
  const all: readonly PlaceColumn[] = [...rawFields, "key", "zones", "gates", "old_code"];
  return all.find((column) => column === text) ?? null;
}

function headerFaults(columns: readonly (PlaceColumn | null)[]): readonly RowFault[] {
  if (columns.includes("name")) return [];
  const vi = 'Dòng đầu không có cột "ten".';
  return [{ line: 1, field: "name", vi, en: 'The first line has no column "ten" (name).' }];
}

function rawOf(cell: (column: PlaceColumn) => string): RawPlace {
  return {
    name: cell("name"),
    type: cell("type"),
    address: cell("address"),
    commune: cell("commune"),
    district: cell("district"),
    opening_hours: cell("opening_hours"),
    owner_name: cell("owner_name"),
    owner_phone: cell("owner_phone"),
    retention_days: cell("retention_days"),
    questions: cell("questions"),
  };
}

function rowOf(line: number, cell: (column: PlaceColumn) => string, fields: PlaceFields): PlaceRow {
  const key = tidy(cell("key"));
  const gates = partsOf(cell("gates"));
  const oldCode = cell("old_code");
  return {
    line,
    importKey: key === "" ? naturalKey(fields) : `key:${key}`,
    fields,
    zones: partsOf(cell("zones")),
    gates: gates.length === 0 ? [MAIN_GATE] : gates,
    oldCode: oldCode.trim() === "" ? null : oldCode,
  };
}

function partsOf(text: string): readonly string[] {
  const parts = text.split("|").map(tidy);
  return [...new Set(parts.filter((part) => part !== ""))].slice(0, MAX_PARTS);
}

function doubled(line: number, before: number): RowFault {
  const vi = `Trùng với dòng ${before}.`;
  return { line, field: "name", vi, en: `The same place as on line ${before}.` };
}
