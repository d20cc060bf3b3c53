import { describe, expect, test } from "vitest";
import { checkedQr } from "#print/decode-back.ts";
import { createPdf, PageOverflow } from "#print/pdf.ts";
import type { PdfOptions, TextStyle } from "#print/pdf.ts";
import { pdfPages, pdfText, zbarCodes } from "./zbar.ts";

const options: PdfOptions = { page: "A4", title: "Bản in thử", language: "vi", atMs: 0 };
const style: TextStyle = { xMm: 20, yMm: 20, widthMm: 170, sizePt: 12 };
const letters =
  "ắằẳẵặ ấầẩẫậ ếềểễệ ốồổỗộ ớờởỡợ ứừửữự ýỳỷỹỵ đĐ ẮẰẲẴẶ ẤẦẨẪẬ ẾỀỂỄỆ ỐỒỔỖỘ ỚỜỞỠỢ ỨỪỬỮỰ ÝỲỶỸỴ";

describe("a PDF", () => {
  test("embeds its fonts and has every Vietnamese letter", async () => {
    const pdf = createPdf(options);
    pdf.text(letters, style);
    pdf.text(letters, { ...style, yMm: 60, isBold: true, role: "H1" });

    const { text, fonts } = pdfText(await pdf.finish());

    expect(text.replaceAll(/\s+/g, " ").trim()).toBe(`${letters} ${letters}`);
    expect(
      fonts.match(/NotoSans-(Regular|Bold)\s+CID TrueType\s+Identity-H\s+yes yes yes/g),
    ).toHaveLength(2);
  });

  test("shows every Vietnamese letter as a shape of its own", async () => {
    const drawn = async (text: string) => {
      const pdf = createPdf({ ...options, page: "A6" });
      pdf.text(text, { ...style, xMm: 5, yMm: 5, widthMm: 90, sizePt: 48 });
      return pdfPages(await pdf.finish(), 50)[0]?.toString("base64");
    };
    const sample = ["ẳ", "ẵ", "ỡ", "ữ", "đ", "Ẩ", "Ễ", "a", " "];

    const shapes = await Promise.all(sample.map(drawn));

    expect(new Set(shapes).size).toBe(sample.length);
  });

  test("prints the same bytes for the same content", async () => {
    const make = () => {
      const pdf = createPdf(options);
      pdf.text("Trạm QR", style);
      return pdf.finish();
    };

    expect(Buffer.compare(await make(), await make())).toBe(0);
  });

  test("never loses a character in silence: what the fonts lack is a question mark", async () => {
    const pdf = createPdf(options);
    pdf.text("Nhà 🏠 số ១", style);

    expect(pdfText(await pdf.finish()).text.trim()).toBe("Nhà ? số ?");
  });

  test("prints decomposed letters as whole ones", async () => {
    const pdf = createPdf(options);
    pdf.text("Nguyễn".normalize("NFD"), style);

    expect(pdfText(await pdf.finish()).text.trim()).toBe("Nguyễn");
  });

  test("refuses a text that runs off the page, and says beforehand how high it is", () => {
    const pdf = createPdf(options);
    const long = "Phường Mẫu ".repeat(40);
    const low = { ...style, yMm: 290 };

    expect(pdf.textHeightMm(long, low)).toBeGreaterThan(7);
    expect(() => pdf.text(long, low)).toThrow(PageOverflow);
    expect(pdf.text("một dòng", style)).toBeCloseTo(20 + pdf.textHeightMm("một dòng", style), 5);
  });

  test.each(["A4", "A3"] as const)(
    "on %s draws codes that are read at 100 dots an inch",
    async (page) => {
      const pdf = createPdf({ ...options, page });
      const first = "Trạm QR: cổng 1";
      const second = "Trạm QR: cổng 2";
      const alt = "Mã QR";
      pdf.qr(await checkedQr(first, "poster"), { xMm: 20, yMm: 40, sizeMm: 60, alt });
      pdf.box({ xMm: 20, yMm: 40, widthMm: 60, heightMm: 60 });
      pdf.line({ xMm: 20, yMm: 120 }, { xMm: 190, yMm: 120 });
      pdf.newPage();
      pdf.qr(await checkedQr(second, "poster"), { xMm: 20, yMm: 40, sizeMm: 25, alt });

      const pages = pdfPages(await pdf.finish(), 100);

      expect(pages.map((png) => zbarCodes(png).map(String))).toEqual([[first], [second]]);
      expect(pdf.pageMm.width).toBeCloseTo(page === "A4" ? 210 : 297, 0);
    },
  );
});
