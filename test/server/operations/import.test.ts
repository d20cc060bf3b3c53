import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { newStation } from "../support/station.ts";
import { onlyLine, runIn } from "./support.ts";

const BOOK = [
  "STT;Họ và tên;Số CCCD;Giờ vào;Giờ ra",
  "1;Trần Thị Mẫu;079085000001;23/11/2026 07:30;23/11/2026 08:15",
  "2;Lê Văn Thử;0790 8500 0002;2026-11-23 07:31;",
  "3;Có Thẻ;GD4790123456789;23/11/2026 07:32;",
  "4;Không số;;23/11/2026 07:33;",
  "5;Số lạ;12345;23/11/2026 07:34;",
  "6;Không giờ;079085000003;;",
  "7;Giờ lạ;079085000003;31/02/2026 07:00;",
  "8;Ra trước;079085000003;23/11/2026 09:00;23/11/2026 08:00",
  "9;Mai sau;079085000003;25/11/2026 09:00;",
  "10;Đã lâu;079085000003;01/09/2026 09:00;",
];

describe("a visitor book of before the stations", () => {
  let province: TestProvince;
  let file: string;
  beforeAll(async () => {
    province = await startTestProvince(engines[0]!);
    file = join(province.dataDir, "book.csv");
    writeFileSync(file, `\uFEFF${BOOK.join("\r\n")}\r\n`);
  });
  afterAll(() => province.stop());

  const importBook = (...more: string[]) =>
    runIn(province, "import", file, "--place", province.place.place, ...more);
  const count = async () =>
    (await province.pool.query("SELECT FROM legacy_entries")).rowCount ?? -1;

  test("is only looked at in a dry run, and every bad line is told by number and reason", async () => {
    const said = await importBook("--dry-run");

    expect(onlyLine(said)).toMatchObject({ readable: 3, faulty: 7, imported: 0 });
    expect(said.err.split("\n")).toEqual([
      "line 5: no-document",
      "line 6: document-unknown",
      "line 7: no-time",
      "line 8: time-unreadable",
      "line 9: left-before-entered",
      "line 10: in-future",
      "line 11: too-old",
    ]);
    expect(await count()).toBe(0);
  });

  test("is taken once, however often it is imported", async () => {
    expect(onlyLine(await importBook())).toMatchObject({ imported: 3, already_there: 0 });
    expect(onlyLine(await importBook())).toMatchObject({ imported: 0, already_there: 3 });
    expect(await count()).toBe(3);
  });

  test("names the same person as a station does, and keeps no name and no number", async () => {
    const station = await newStation(province);
    const person = {
      identity: "cccd:079085000001",
      document: "079085000001",
      name: "Trần Thị Mẫu",
      birth_date: null,
      sex: null,
      valid_to: null,
    };
    await station.send([station.event({}, person)]);
    await province.vault.catchUp();

    const both = await province.pool.query<{ entered_at_ms: number }>(
      "SELECT l.entered_at_ms FROM legacy_entries l JOIN event_subjects s USING (subject)",
    );
    const rows = await province.pool.query<{ row: string }>(
      "SELECT legacy_entries::text AS row FROM legacy_entries",
    );

    expect(both.rows).toEqual([{ entered_at_ms: Date.UTC(2026, 10, 23, 0, 30) }]);
    const text = JSON.stringify(rows.rows);
    for (const secret of ["Mẫu", "079085000001", "0123456789"]) expect(text).not.toContain(secret);
  });

  test("is refused without its columns, without its place, and when it is no table", async () => {
    const bare = join(province.dataDir, "bare.csv");
    writeFileSync(bare, "Tên,Giờ vào\nA,23/11/2026 07:30\n");
    const without = await runIn(province, "import", bare, "--place", province.place.place);
    const nowhere = await runIn(province, "import", file, "--place", "p-none");
    const missing = await runIn(province, "import", "none.csv", "--place", "p-none");

    expect([without, nowhere, missing].map(({ code }) => code)).toEqual([1, 1, 2]);
    expect(without.err).toContain("Số CCCD");
    expect(await count()).toBe(3);
  });
});
