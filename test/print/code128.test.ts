import { describe, expect, test } from "vitest";
import { checkedCode128, code128, code128Png } from "#print/code128.ts";
import { readCodes } from "#print/decode-back.ts";
import { zbarPage } from "./zbar.ts";

const printable = Array.from({ length: 0x7f - 0x20 }, (_, at) => String.fromCharCode(0x20 + at));

describe("a Code 128 bar code", () => {
  test.each([0, 1, 2, 3])(
    "every printable character is read by two decoders, part %i",
    async (part) => {
      const text = printable.slice(part * 24, part * 24 + 24).join("");
      const code = await checkedCode128(text, false);

      expect(zbarPage(code128Png(code, 2, 40))).toEqual([text]);
    },
  );

  test("of a setting has FNC3 behind its text: eleven modules more, and the text is read alike", async () => {
    const plain = code128("~DEFALT.", false);
    const setting = await checkedCode128("~DEFALT.", true);
    const fnc3 = [1, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0];
    // Start and eight characters come before it, check character and stop behind.
    const from = 9 * 11;

    expect(setting.modules.length).toBe(plain.modules.length + 11);
    expect([...setting.modules.subarray(from, from + 11)]).not.toEqual([
      ...plain.modules.subarray(from, from + 11),
    ]);
    expect([...setting.modules.subarray(from, from + 11)]).toEqual(fnc3);
    expect(zbarPage(code128Png(setting, 2, 40))).toEqual(["~DEFALT."]);
  });

  test("holds nothing but printable ASCII", () => {
    expect(() => code128("Đ", false)).toThrow(RangeError);
    expect(() => code128("a\n", false)).toThrow(RangeError);
    expect(() => code128("", true)).toThrow(RangeError);
  });

  test("with a damaged bar is not read as something else", async () => {
    const { text, modules } = code128("~VSUFCR.", true);
    const damaged = modules.map((dark, at) => (at > 40 && at < 52 ? 1 : dark));

    expect(await readCodes(code128Png({ text, modules: damaged }, 3, 60), ["Code128"])).toEqual([]);
  });
});
