import { describe, expect, test } from "vitest";
import { enrolmentCodeGroups, enrolmentSheetPdf } from "#server/stations/enrolment-sheet.ts";
import { pdfPages, pdfText, zbarCodes } from "../print/zbar.ts";

const NOW_MS = Date.UTC(2026, 10, 24, 20);
const codes = ["12345612345678901234", "65432112345678901235"] as const;

function sheet(placeName = "Chợ Long Hoa Mẫu", gateName = "Cổng chính") {
  return {
    provinceName: "Tỉnh Mẫu",
    serverUrl: "https://tramqr.example.invalid",
    pages: codes.map((code) => ({
      placeName,
      gateName,
      code,
      expiresAtMs: NOW_MS + 24 * 3_600_000,
    })),
    atMs: NOW_MS,
  };
}

describe("an enrolment sheet", () => {
  test("has one page a gate, and each code is read from a coarse print", async () => {
    const pages = pdfPages(await enrolmentSheetPdf(sheet()), 100);

    expect(pages.map((page) => zbarCodes(page).map(String))).toEqual(codes.map((code) => [code]));
  });

  test("says where, until when by the local clock, and what to run", async () => {
    const { text } = pdfText(await enrolmentSheetPdf(sheet()));

    for (const words of [
      "PHIẾU ĐĂNG KÝ TRẠM",
      "Chợ Long Hoa Mẫu",
      "Cổng chính",
      "1234 5612 3456 7890 1234",
      "03:00 ngày 26/11/2026",
      "--server https://tramqr.example.invalid",
    ]) {
      expect(text).toContain(words);
    }
  });

  test("takes the longest names that there may be, without a page too many", async () => {
    const pdf = await enrolmentSheetPdf(sheet("Trung tâm Thương mại ".repeat(10).slice(0, 200)));
    const pages = pdfPages(pdf, 100);

    expect(pages).toHaveLength(2);
    expect(zbarCodes(pages[0]!).map(String)).toEqual([codes[0]]);
  });

  test("groups digits in fours", () => {
    expect(enrolmentCodeGroups("12345612345678901234")).toBe("1234 5612 3456 7890 1234");
  });
});
