import { assert as holds, asyncProperty, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { checkedQr, readCodes } from "#print/decode-back.ts";
import { darkRuns, qrPng, qrSvg, sideWithQuietZone } from "#print/qr-image.ts";
import { encodePng } from "#print/png.ts";
import { qrCapacityBytes, qrMatrix, QrTooLong, QUIET_ZONE_MODULES } from "#print/qr.ts";
import type { QrUse } from "#print/qr.ts";
import { zbarCodes } from "./zbar.ts";

const uses: readonly QrUse[] = ["poster", "wallet-card", "sheet", "screen"];
const vietnamese = "Trạm QR: Nguyễn Thị Ngọc Ẩn, ỡ ữ ặ ổ đ Đ";

describe("a QR code", () => {
  test.each(uses)("for a %s is read by two decoders as it was meant", async (use) => {
    const qr = await checkedQr(vietnamese, use);

    const png = qrPng(qr, 3);

    expect(zbarCodes(png).map(String)).toEqual([vietnamese]);
    expect(
      (await readCodes(png, ["QRCode"])).map(({ bytes }) => String(Buffer.from(bytes))),
    ).toEqual([vietnamese]);
  });

  test("keeps bytes that are no text, and digits packed", async () => {
    const bytes = Uint8Array.from({ length: 64 }, (_, index) => 255 - index);
    const digits = "8412345678901234567890123456789012345678";

    const ofBytes = await checkedQr(bytes, "sheet");
    const ofDigits = await checkedQr(digits, "poster");

    expect(zbarCodes(qrPng(ofBytes, 3))).toEqual([Buffer.from(bytes)]);
    expect(ofDigits.size).toBe(25);
  });

  test("is read back whatever its content", { timeout: 60_000 }, async () => {
    await holds(
      asyncProperty(string({ unit: "binary", minLength: 1, maxLength: 200 }), async (text) => {
        // A lone surrogate is no text: what is drawn is what UTF-8 makes of it.
        const qr = await checkedQr(text, "sheet");
        expect(Buffer.from(qr.payload)).toEqual(Buffer.from(text));
      }),
      { numRuns: 60 },
    );
  });

  test.each(uses)("for a %s holds what its capacity says, and one byte more is refused", (use) => {
    const most = qrCapacityBytes(use);

    expect(qrMatrix(new Uint8Array(most).fill(0xc3), use).size).toBe(177);
    expect(() => qrMatrix(new Uint8Array(most + 1).fill(0xc3), use)).toThrow(QrTooLong);
    expect(() => qrMatrix("", use)).toThrow(RangeError);
  });

  test("may be damaged more on a wallet card than on a sheet", async () => {
    const text = "8412345678901234567890";
    const read = async (use: QrUse) => {
      const matrix = qrMatrix(text, use);
      // A blot over the data, in the lower right corner, a quarter of the side wide.
      const side = Math.floor(matrix.size * 0.4);
      const modules = matrix.modules.map((module, index) => {
        const [row, column] = [Math.floor(index / matrix.size), index % matrix.size];
        return row >= matrix.size - side && column >= matrix.size - side ? 0 : module;
      });
      return (await readCodes(qrPng({ ...matrix, modules }, 4), ["QRCode"])).length;
    };

    expect([await read("wallet-card"), await read("sheet")]).toEqual([1, 0]);
  });

  test("is not handed out when its picture says something else", async () => {
    const matrix = qrMatrix("079085012345", "sheet");
    const blank = { ...matrix, modules: new Uint8Array(matrix.modules.length) };

    expect(await readCodes(qrPng(blank, 3), ["QRCode"])).toEqual([]);
    expect(zbarCodes(qrPng(blank, 3))).toEqual([]);
  });
});

describe("its pictures", () => {
  test("have four light modules on every side", () => {
    const matrix = qrMatrix("1", "poster");
    const runs = darkRuns(matrix);

    expect(sideWithQuietZone(matrix)).toBe(21 + 2 * QUIET_ZONE_MODULES);
    expect(Math.min(...runs.map(({ column }) => column))).toBe(4);
    expect(Math.min(...runs.map(({ row }) => row))).toBe(4);
    expect(Math.max(...runs.map(({ column, length }) => column + length))).toBe(25);
    expect(Math.max(...runs.map(({ row }) => row))).toBe(24);
  });

  test("draw every dark module once", () => {
    const matrix = qrMatrix("Nguyễn", "poster");
    const drawn = new Uint8Array(matrix.modules.length);

    for (const { column, row, length } of darkRuns(matrix)) {
      for (let step = 0; step < length; step += 1) {
        const at = (row - 4) * matrix.size + column - 4 + step;
        drawn[at] = (drawn[at] ?? 0) + 1;
      }
    }

    expect(drawn).toEqual(matrix.modules);
  });

  test("an SVG says its size and its title, and draws the same modules", () => {
    const matrix = qrMatrix("Trạm", "poster");

    const svg = qrSvg(matrix, 150, "Mã của <Nhà A> & B");

    expect(svg).toContain('width="150mm" height="150mm"');
    expect(svg).toContain("<title>Mã của &lt;Nhà A&gt; &amp; B</title>");
    expect(svg.match(/v1h-/g)).toHaveLength(darkRuns(matrix).length);
  });

  test("a PNG of odd width is a PNG that others read", async () => {
    const odd = encodePng({ width: 3, height: 2, pixels: Uint8Array.of(1, 0, 1, 0, 1, 0) });

    expect(Buffer.from(odd).subarray(1, 4).toString()).toBe("PNG");
    expect(await readCodes(odd, ["QRCode"])).toEqual([]);
  });
});
