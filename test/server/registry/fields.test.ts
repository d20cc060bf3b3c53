import { assert, constantFrom, integer, property, record, uniqueArray } from "fast-check";
import { describe, expect, test } from "vitest";
import { BadCsv, readCsv } from "#server/registry/csv.ts";
import { openingHoursText, parseOpeningHours } from "#server/registry/opening-hours.ts";
import { parsePlace } from "#server/registry/place-fields.ts";
import type { RawPlace } from "#server/registry/place-fields.ts";
import { readPlaceTable } from "#server/registry/place-table.ts";
import { isPlaceType, placeTypeOf, placeTypes } from "#server/registry/place-types.ts";

const nobody = () => ({ kind: "unknown" }) as const;
const somewhere = () => ({ kind: "found", commune: "25459" }) as const;
const empty: RawPlace = {
  name: "",
  type: "",
  address: "",
  commune: "",
  district: "",
  opening_hours: "",
  owner_name: "",
  owner_phone: "",
  retention_days: "",
  questions: "",
};

describe("opening hours", () => {
  test("are read as people write them", () => {
    const weekdays = [1, 2, 3, 4, 5];
    const always = [1, 2, 3, 4, 5, 6, 7];

    expect(parseOpeningHours("T2-T6 07:00-17:00; T7, CN 8h-11h30")).toEqual([
      { days: weekdays, from: 420, to: 1_020 },
      { days: [6, 7], from: 480, to: 690 },
    ]);
    expect(parseOpeningHours("hằng ngày 06:00-22:00")).toEqual([
      { days: always, from: 360, to: 1_320 },
    ]);
    expect(parseOpeningHours("Thứ 2 – Chủ nhật 6g30 – 21g")).toEqual([
      { days: always, from: 390, to: 1_260 },
    ]);
    expect(parseOpeningHours("24/7")).toEqual([{ days: always, from: 0, to: 1_440 }]);
  });

  test("past midnight end on the next day", () => {
    expect(parseOpeningHours("CN 18:00-02:00")).toEqual([{ days: [7], from: 1_080, to: 1_560 }]);
  });

  test("that make no sense are not understood", () => {
    const texts = [
      "",
      ";",
      "mở cả ngày",
      "25:00-26:00",
      "07:60-08:00",
      "T8 07:00-08:00",
      "T6-T2 07:00-08:00",
      "07:00",
    ];

    for (const text of texts) expect(parseOpeningHours(text), text).toBeNull();
  });

  test("written in our own form read as the same hours", () => {
    const span = record({
      days: uniqueArray(integer({ min: 1, max: 7 }), { minLength: 1 }),
      from: integer({ min: 0, max: 1_439 }),
      length: integer({ min: 1, max: 1_440 }),
    });
    assert(
      property(span, ({ days, from, length }) => {
        const spans = [{ days: days.toSorted((a, b) => a - b), from, to: from + length }];
        expect(parseOpeningHours(openingHoursText(spans))).toEqual(spans);
      }),
    );
  });
});

describe("what a place says of itself", () => {
  test("is understood, tidied and put into NFC", () => {
    const raw = {
      ...empty,
      name: "  Chợ  Mẫu ".normalize("NFD"),
      type: "cho",
      commune: "Tân Ninh",
      owner_phone: "0900 000 000",
      retention_days: "14",
      questions: "y tế, di chuyển",
    };

    const parsed = parsePlace(raw, somewhere);

    expect(parsed).toMatchObject({
      kind: "place",
      fields: {
        name: "Chợ Mẫu",
        type: "market",
        commune: "25459",
        ownerPhone: "0900000000",
        retentionDays: 14,
        questions: ["health", "movement"],
      },
    });
  });

  test("names every fault at once, and never repeats a telephone number", () => {
    const raw = {
      ...empty,
      type: "tàu vũ trụ",
      commune: "Nơi nào đó",
      opening_hours: "sáng",
      owner_phone: "12 34 56",
      retention_days: "29",
      questions: "bói",
    };

    const parsed = parsePlace(raw, nobody);

    if (parsed.kind === "place") throw new Error("faults were expected");
    expect(parsed.faults.map(({ field }) => field)).toEqual([
      "name",
      "type",
      "commune",
      "opening_hours",
      "owner_phone",
      "retention_days",
      "questions",
    ]);
    expect(JSON.stringify(parsed.faults)).not.toContain("34");
  });

  test("every type of place is known by its key and by its Vietnamese name without marks", () => {
    for (const [key, { vi }] of Object.entries(placeTypes)) {
      expect(isPlaceType(key)).toBe(true);
      expect(placeTypeOf(vi)).toBe(key);
      expect(placeTypeOf(vi.toUpperCase())).toBe(key);
    }
    expect(placeTypeOf("constructor")).toBeNull();
  });
});

describe("CSV files of spreadsheets", () => {
  const text = 'ten;dia_chi\r\n"Chợ ""Mẫu""";"Số 1;\nđường Mẫu"\r\n\r\nNhà thuốc;Số 2\r\n';
  const rows = [
    { line: 2, cells: ['Chợ "Mẫu"', "Số 1;\nđường Mẫu"] },
    { line: 5, cells: ["Nhà thuốc", "Số 2"] },
  ];

  function utf16(body: string, isBig: boolean): Buffer {
    const little = Buffer.from(body, "utf16le");
    return isBig ? little.swap16() : little;
  }

  test("are read in every encoding that they come in, with the line of each row", () => {
    const files: readonly (readonly [string, Uint8Array])[] = [
      ["utf-8", Buffer.from(text)],
      ["utf-8", Buffer.from(`\uFEFF${text}`)],
      ["utf-16le", utf16(`\uFEFF${text}`, false)],
      ["utf-16be", utf16(`\uFEFF${text}`, true)],
      ["utf-16le", utf16(text, false)],
      ["utf-16be", utf16(text, true)],
    ];

    for (const [encoding, bytes] of files) {
      expect(readCsv(bytes)).toEqual({ encoding, header: ["ten", "dia_chi"], rows });
    }
  });

  test("of old Vietnamese Windows are read: 0xF2 is a mark on the letter before it", () => {
    // "Chợ Bình Điền" in Windows-1258: ơ is F5, the dot below F2, the grave CC, Đ is D0, ê is EA.
    const bytes = Buffer.from(
      "74656E0A4368F5F220 4269CC6E6820 D069EACC6E0A".replaceAll(" ", ""),
      "hex",
    );

    const { encoding, rows: read } = readCsv(bytes);

    expect(encoding).toBe("windows-1258");
    expect(read[0]?.cells.map((cell) => cell.normalize("NFC"))).toEqual(["Chợ Bình Điền"]);
  });

  test("may be divided by semicolons, commas or tabs", () => {
    for (const sign of [";", ",", "\t"]) {
      expect(readCsv(Buffer.from(`a${sign}b\n1${sign}2\n`)).rows).toEqual([
        { line: 2, cells: ["1", "2"] },
      ]);
    }
  });

  test("that are no tables are refused in words", () => {
    expect(() => readCsv(Buffer.alloc(0))).toThrow(BadCsv);
    expect(() => readCsv(Buffer.from('ten\n"Chợ'))).toThrow(/dòng|line/);
    expect(() => readCsv(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x01, 0xff, 0x81]))).toThrow(BadCsv);
  });

  test("tell the line of every fault, and of a row that is there twice", () => {
    const csv = "Tên cơ sở;Loại;Màu\nA;chợ;đỏ\n;chợ;\nA;chợ;xanh\nB;x;\n";

    const table = readPlaceTable(readCsv(Buffer.from(csv)), somewhere);

    expect(table.rows.map(({ fields }) => fields.name)).toEqual(["A"]);
    expect(table.faults.map(({ line, field }) => `${line} ${field}`)).toEqual([
      "3 name",
      "4 name",
      "5 type",
    ]);
    expect(table.ignored).toEqual(["Màu"]);
  });

  test("without a column of names are told so once", () => {
    const table = readPlaceTable(readCsv(Buffer.from("x;y\n")), nobody);

    expect(table.faults).toMatchObject([{ line: 1, field: "name" }]);
  });

  test("any bytes either make a table or are refused by name", () => {
    const parts = constantFrom("a", ";", '"', "\n", "\r", "\0", "ợ", "\uFEFF", ",", "\t");
    assert(
      property(uniqueArray(parts, { maxLength: 10 }), (pieces) => {
        try {
          expect(readCsv(Buffer.from(pieces.join(""))).header.length).toBeGreaterThan(0);
        } catch (cause) {
          expect(cause).toBeInstanceOf(BadCsv);
        }
      }),
    );
  });
});
