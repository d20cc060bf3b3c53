import { describe, expect, test } from "vitest";
import { readCodes } from "#print/decode-back.ts";
import { posterFile } from "#server/registry/poster.ts";
import { pdfPages, pdfText, zbarCodes } from "../../print/zbar.ts";

const poster = {
  placeName: "Chợ Long Hoa Mẫu",
  provinceName: "Tỉnh Mẫu",
  publicUrl: "https://tramqr.example.invalid",
  shortCode: "123456788",
  atMs: Date.UTC(2026, 10, 24, 20),
};
const ADDRESS = "https://tramqr.example.invalid/c/123456788";

async function bytesOf(format: Parameters<typeof posterFile>[1], name = poster.placeName) {
  return (await posterFile({ ...poster, placeName: name }, format)).bytes;
}

describe("a place's poster", () => {
  test("is read by both decoders from a coarse print, on A4 and A3", async () => {
    for (const [format, resolutions] of [
      ["pdf-a4", [100, 150]],
      ["pdf-a3", [100]],
    ] as const) {
      const pdf = await bytesOf(format);
      for (const dotsPerInch of resolutions) {
        const pages = pdfPages(pdf, dotsPerInch);
        expect(pages).toHaveLength(1);
        for (const page of pages) {
          const read = await readCodes(page, ["QRCode"]);
          expect(read.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual([ADDRESS]);
          expect(zbarCodes(page).map(String)).toEqual([ADDRESS]);
        }
      }
    }
  });

  test("says in words whose it is, its code in groups, and the local day on which it was made", async () => {
    const { text, fonts } = pdfText(await bytesOf("pdf-a4"));

    for (const words of [
      "XIN QUÉT MÃ KHI VÀO CỬA",
      "Chợ Long Hoa Mẫu",
      "123 456 788",
      "25/11/2026",
    ]) {
      expect(text).toContain(words);
    }
    expect(fonts).toContain("NotoSans");
  });

  test("takes the longest name that a place may have", async () => {
    const longest = "Trung tâm Thương mại ".repeat(10).slice(0, 200).trim();
    const oneWord = "M".repeat(200);

    for (const name of [longest, oneWord]) {
      const [page] = pdfPages(await bytesOf("pdf-a4", name), 100);
      expect(zbarCodes(page!).map(String)).toEqual([ADDRESS]);
    }
  });

  test("comes as a picture and as a drawing too, whose title cannot break out", async () => {
    const png = await bytesOf("png");
    const svg = Buffer.from(await bytesOf("svg", 'A <b> & "C"')).toString();

    expect(zbarCodes(png).map(String)).toEqual([ADDRESS]);
    expect(svg).toContain('width="150mm"');
    expect(svg).toContain("A &lt;b&gt; &amp; ");
  });
});
