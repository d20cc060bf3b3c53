import { describe, expect, test } from "vitest";
import {
  foldName,
  hasWordWithoutVowel,
  hasWordWithTwoTones,
  isVietnameseText,
  maskNumber,
  shortName,
} from "#core/vietnamese.ts";

describe("folded names", () => {
  test.each([
    ["Nguyễn Thị Ngọc Ẩn", "nguyen thi ngoc an"],
    ["ĐẶNG  ĐÌNH\u00a0Đức ", "dang dinh duc"],
    ["Hoà", "hoa"],
    ["Hòa", "hoa"],
    ["Quỳnh Ưu Ỷ", "quynh uu y"],
    ["Nguyễn".normalize("NFD"), "nguyen"],
    ["", ""],
  ])("%s is %s", (name, folded) => {
    expect(foldName(name)).toBe(folded);
  });
});

describe("short names", () => {
  test.each([
    ["Nguyễn Thị Ngọc Ẩn", "Nguyễn T. N. Ẩn"],
    ["Nguyễn Văn Thử", "Nguyễn V. Thử"],
    ["Đỗ Ẩn", "Đỗ Ẩn"],
    ["Ẩn", "Ẩn"],
    ["  Lê  Ấn   Mẫu ", "Lê Ấ. Mẫu"],
    ["Le Ấn Mau".normalize("NFD"), "Le Ấ. Mau"],
    ["NGUYEN VAN A", "NGUYEN V. A"],
    ["", ""],
  ])("%s is %s", (name, short) => {
    expect(shortName(name)).toBe(short);
  });
});

describe("masked numbers", () => {
  test.each([
    ["079085011234", "079•••••1234"],
    ["0204287000", "020•••7000"],
    ["DN4720123456789", "DN4••••••••6789"],
    ["024681357", "024••1357"],
    ["******029317", "••••••••9317"],
    ["C1234567", "••••••67"],
    ["12", "12"],
    ["", ""],
  ])("%s is %s", (number, masked) => {
    expect(maskNumber(number)).toBe(masked);
  });

  test("never show more than seven signs of a number of nine or more", () => {
    for (let length = 9; length < 40; length += 1) {
      const shown = maskNumber("1".repeat(length)).replaceAll("•", "");
      expect(shown.length).toBe(7);
    }
  });
});

describe("signs of a damaged name", () => {
  test("a word without a vowel is what a dropped letter leaves", () => {
    expect(hasWordWithoutVowel("Nguyn Vn Th")).toBe(true);
    expect(hasWordWithoutVowel("Nguyễn Văn Thử")).toBe(false);
    expect(hasWordWithoutVowel("Ý Ỷ Y")).toBe(false);
    expect(hasWordWithoutVowel("H’Hen Niê")).toBe(false);
  });

  test("two tones in a word are what the wrong code page makes", () => {
    expect(hasWordWithTwoTones("Hýõng")).toBe(true);
    expect(hasWordWithTwoTones("Hương Thị Thảo")).toBe(false);
    expect(hasWordWithTwoTones("Lý Thị Mỹ Hạnh")).toBe(false);
  });
});

describe("Vietnamese text", () => {
  test("is told from UTF-8 that was read as something else", () => {
    expect(isVietnameseText("Phường Mẫu – Tổ 5, TP. Quảng Ngãi")).toBe(true);
    expect(isVietnameseText("HÃ\u00a0")).toBe(false);
    expect(isVietnameseText("Nguyá»…n")).toBe(false);
    expect(isVietnameseText("Nguy廙 V")).toBe(false);
    expect(isVietnameseText("\ufffd")).toBe(false);
  });
});
