import { describe, expect, test } from "vitest";
import { encodeLegacy, legacyEncodings } from "#core/legacy-encodings.ts";

describe("the way back to a legacy encoding", () => {
  test.each([
    ["windows-1252", "Trình – “Thì”"],
    ["windows-1258", "Đư\u01a1\u0300ng Ư"],
    ["big5", "繁體字"],
    ["shift_jis", "漢字ｱｲｳ"],
    ["gb18030", "简体字"],
  ] as const)("%s: gives bytes that decode to the same text", (encoding, text) => {
    const bytes = encodeLegacy(text, encoding);

    expect(new TextDecoder(encoding).decode(bytes ?? new Uint8Array())).toBe(text);
  });

  test("is refused when two byte sequences mean the same character", () => {
    // ≒ is 81 E0 and 87 90 in Shift-JIS.
    expect(encodeLegacy("≒", "shift_jis")).toBeNull();
    expect(encodeLegacy("∠", "shift_jis")).toBeNull();
  });

  test("is refused for characters that are not in it", () => {
    expect(encodeLegacy("ễ", "latin-1")).toBeNull();
    expect(encodeLegacy("ễ", "big5")).toBeNull();
    expect(encodeLegacy("\ufffd", "gb18030")).toBeNull();
  });

  test("takes lines apart from letters", () => {
    for (const encoding of legacyEncodings) {
      expect(encodeLegacy("a\nb\r", encoding)).toEqual(Uint8Array.of(0x61, 0x0a, 0x62, 0x0d));
    }
  });
});
