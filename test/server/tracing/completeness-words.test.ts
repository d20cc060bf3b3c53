import { expect, test } from "vitest";
import type { GateCompleteness } from "#server/tracing/completeness.ts";
import { completenessWords } from "#server/tracing/sections.ts";

const GATE: GateCompleteness = {
  place: "p-1",
  gate: "g-1",
  gateName: "Cổng 2",
  stations: 1,
  lastContactMs: Date.UTC(2026, 10, 24, 2, 40),
  unsent: 0,
  missing: 0,
  silentHours: 0,
  rushMinutes: 0,
  withoutCode: 0,
  unreadable: 0,
};
const names = new Map([["p-1", "Chợ Mẫu"]]);

function wordsOf(change: Partial<GateCompleteness>): readonly string[] {
  return completenessWords(
    { gates: [{ ...GATE, ...change }], notYetKeyed: 0, neverKeyed: 0 },
    names,
  );
}

test("a gate of which nothing is missing is not spoken of", () => {
  expect(wordsOf({})).toEqual([]);
});

test("what is still to come is told with the last contact by the local clock", () => {
  expect(wordsOf({ unsent: 200, missing: 14 })).toEqual([
    "Chợ Mẫu, Cổng 2: còn 214 lượt chưa nhận được, liên lạc cuối 2026-11-24 09:40. / 214 entries not yet received, last contact 2026-11-24 09:40.",
  ]);
  expect(wordsOf({ missing: 1, lastContactMs: null })[0]).toContain("liên lạc cuối —");
});

test("only the doubts that there are stand in the sentence", () => {
  expect(wordsOf({ unreadable: 1 })).toEqual([
    "Chợ Mẫu, Cổng 2: 1 lần quét không đọc được. / 1 unreadable scans.",
  ]);
  expect(wordsOf({ rushMinutes: 5, withoutCode: 3, silentHours: 2 })).toEqual([
    "Chợ Mẫu, Cổng 2: 2 giờ mở cửa không ghi nhận ai. / 2 open hours without anybody recorded.",
    "Chợ Mẫu, Cổng 2: 5 phút cao điểm, 3 lượt không có mã. / 5 rush minutes, 3 entries without a code.",
  ]);
});
