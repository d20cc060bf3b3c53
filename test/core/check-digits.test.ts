import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasGs1CheckDigit, hasMod97CheckDigits, mod97CheckDigits } from "#core/check-digits.ts";

const digits = fc.string({
  unit: fc.constantFrom(...Array.from("0123456789")),
  minLength: 1,
  maxLength: 200,
});

describe("MOD 97-10", () => {
  test("gives the digits of the standard's own example", () => {
    // ISO/IEC 7064: 794 gets 44.
    expect(mod97CheckDigits("794")).toBe("44");
  });

  test("accepts what it made", () => {
    fc.assert(
      fc.property(digits, (text) => {
        expect(hasMod97CheckDigits(text + mod97CheckDigits(text))).toBe(true);
      }),
    );
  });

  test("finds every single wrong digit", () => {
    fc.assert(
      fc.property(digits, fc.nat(), fc.integer({ min: 1, max: 9 }), (text, place, by) => {
        const code = text + mod97CheckDigits(text);
        const at = place % code.length;
        const wrong = String((Number(code[at]) + by) % 10);
        const damaged = code.slice(0, at) + wrong + code.slice(at + 1);
        expect(hasMod97CheckDigits(damaged)).toBe(false);
      }),
    );
  });

  test("finds every swap of two different neighbours", () => {
    fc.assert(
      fc.property(digits, fc.nat(), (text, place) => {
        const code = text + mod97CheckDigits(text);
        const at = place % (code.length - 1);
        const [a = "", b = ""] = [code[at], code[at + 1]];
        fc.pre(a !== b);
        const swapped = code.slice(0, at) + b + a + code.slice(at + 2);
        expect(hasMod97CheckDigits(swapped)).toBe(false);
      }),
    );
  });
});

describe("GS1 check digits", () => {
  test.each(["4006381333931", "036000291452", "96385074", "8934563138165"])(
    "%s is right",
    (code) => {
      expect(hasGs1CheckDigit(code)).toBe(true);
      expect(hasGs1CheckDigit(code.slice(0, -1) + String((Number(code.at(-1)) + 1) % 10))).toBe(
        false,
      );
    },
  );
});
