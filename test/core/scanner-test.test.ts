import { assert as holds, property, string, uint8Array } from "fast-check";
import { describe, expect, test } from "vitest";
import type { Scan } from "#core/scan.ts";
import { isFault, readScannerTest } from "#core/scanner-test.ts";
import { distortions, testCodeNames, testCodePayload } from "#core/scanner-test-codes.ts";
import type { TestCodeName } from "#core/scanner-test-codes.ts";

const scanOf = (text: string | Uint8Array, more: Partial<Scan> = {}): Scan => ({
  bytes: typeof text === "string" ? new TextEncoder().encode(text) : text,
  atMs: 0,
  device: "serial:a",
  ...more,
});
const findings = (text: string | Uint8Array, more?: Partial<Scan>) =>
  readScannerTest(scanOf(text, more))?.findings;
const [keys, letters, length] = testCodeNames.map(testCodePayload) as [string, string, string];

describe("the codes of the test sheet", () => {
  test.each(testCodeNames)("%s is all right when it arrives as it was printed", (code) => {
    expect(readScannerTest(scanOf(testCodePayload(code)))).toEqual({ code, findings: [] });
  });

  test("the letters fill two HID reports, and one lies across their border", () => {
    const bytes = new TextEncoder().encode(letters);

    expect(bytes).toHaveLength(112);
    expect((bytes[56] ?? 0) & 0xc0).toBe(0x80);
  });

  test("the long one is as long as a card, and holds a control character", () => {
    expect(new TextEncoder().encode(length)).toHaveLength(300);
    expect(length).toContain("\u001d");
  });

  test("the keys are ASCII", () => {
    expect(keys).toMatch(/^[ -~]+$/);
  });
});

/** Every distortion with every code that it changes. */
const bent = distortions.flatMap(({ cause, bend }) =>
  testCodeNames.flatMap((code) => {
    const expected = testCodePayload(code);
    const text = bend(expected);
    return text === expected ? [] : [{ what: JSON.stringify(cause), code, text, cause }];
  }),
);

describe("what is wrong with a scanner", () => {
  test.each(bent)("$what is told from the code $code", ({ code, text, cause }) => {
    const reading = readScannerTest(scanOf(text));

    expect(reading?.code).toBe(code);
    // On a text without letters Windows-1252 and Latin-1 do the same: the kind is what has to be right.
    expect(reading?.findings.map(({ kind }) => kind)).toEqual([cause.kind]);
  });

  test.each(distortions.filter(({ cause }) => cause.kind === "layout"))(
    "the layout $cause.layout has its name, from the keys",
    ({ cause, bend }) => {
      expect(findings(bend(keys))).toEqual([cause]);
    },
  );

  test.each(["big5", "shift_jis", "gb18030", "windows-1258"])(
    "letters that were read as %s are told by that name",
    (charset) => {
      const { bend } = distortions.find(
        ({ cause }) => cause.kind === "charset" && cause.charset === charset,
      ) ?? { bend: String };

      expect(findings(bend(letters))).toEqual([{ kind: "charset", charset }]);
    },
  );

  test("raw bytes of Windows-1258 are told", () => {
    const bytes = toWindows1258(letters);

    expect(findings(bytes)).toEqual([{ kind: "charset", charset: "windows-1258" }]);
  });

  test("an unknown encoding is told by letters that are wrong while ASCII is right", () => {
    expect(findings(letters.replaceAll(/\P{ASCII}/gu, "★"))).toEqual([
      { kind: "charset", charset: "unknown" },
    ]);
  });

  test("an input method that rewrote only some words is told, and which one", () => {
    expect(findings(keys.replace("aa", "â").replace("dd", "đ"))).toEqual([
      { kind: "input-method", method: "telex" },
    ]);
    expect(findings(keys.replace("d9", "đ").replace("a6", "â"))).toEqual([
      { kind: "input-method", method: "vni" },
    ]);
  });

  test("an input method that the keyboard saw is told, whatever it left of the text", () => {
    const torn = keys.replace("0123456789", "x").replace("QAZYM", "yy");

    expect(findings(torn, { interference: { kind: "input-method", explanations: [] } })).toEqual([
      { kind: "input-method", method: "unknown" },
    ]);
  });

  test("a scan that ended by silence has no terminator; a quick one with a CR has nothing wrong", () => {
    expect(findings(keys, { arrival: { endedBy: "silence", tookMs: 3 } })).toEqual([
      { kind: "no-terminator" },
    ]);
    expect(findings(keys, { arrival: { endedBy: "terminator", tookMs: 28 } })).toEqual([]);
  });

  test("a slow wire is told with its figures", () => {
    const arrival = { endedBy: "terminator", tookMs: 2_100.4 } as const;

    expect(findings(length, { arrival })).toEqual([
      { kind: "slow", tookMs: 2_100, byteCount: 300 },
    ]);
  });

  test("what a scanner adds is told: a prefix, a suffix, and an AIM identifier, which does no harm", () => {
    expect(findings(`KHO-1 ${keys}`)).toEqual([{ kind: "prefix", byteCount: 5 }]);
    expect(findings(`${keys}##`)).toEqual([{ kind: "suffix", byteCount: 2 }]);
    expect(findings(`]Q1${letters}`)).toEqual([{ kind: "aim-identifier" }]);
    expect(findings(`]Q2\\000026${letters}\t`)).toEqual([{ kind: "aim-identifier" }]);
  });

  test("a lost tail, a lost head and a lost middle are told with what is missing", () => {
    expect(findings(length.slice(0, 200))).toEqual([{ kind: "truncated", missingBytes: 100 }]);
    expect(findings(length.slice(100))).toEqual([{ kind: "truncated", missingBytes: 100 }]);
    expect(findings(length.slice(0, 120) + length.slice(176))).toEqual([
      { kind: "truncated", missingBytes: 56 },
    ]);
  });

  test("a tail that was cut inside a letter is a lost tail", () => {
    const bytes = new TextEncoder().encode(letters).subarray(0, 56);

    expect(findings(bytes)).toEqual([{ kind: "truncated", missingBytes: 56 }]);
  });

  test("what nobody can explain is garbled, and is still a test code", () => {
    expect(findings(keys.replace(/q a z.*-/, "??????????????????"))).toEqual([{ kind: "garbled" }]);
  });

  test("what spoils cards comes first", () => {
    const arrival = { endedBy: "silence", tookMs: 3 } as const;
    const found = findings(`]Q1${keys.toLowerCase().replace("aa", "AA")}##`, { arrival });

    expect(found?.map(isFault)).toEqual([true, true, false, false]);
  });
});

describe("what is no test code", () => {
  const card = "079085012345||Nguyễn Văn Thử|15031985|Nam|Phường Mẫu|19042021";
  test.each([card, "", "TBKTCHVN", "TBKTCHVNX hello", "https://tramqr.example.invalid/TBKT"])(
    "%j is none",
    (text) => {
      expect(readScannerTest(scanOf(text))).toBeNull();
    },
  );

  test("no other text or bytes are taken for one, and nothing throws", () => {
    holds(
      property(string({ unit: "grapheme" }), uint8Array({ maxLength: 400 }), (text, bytes) => {
        expect(readScannerTest(scanOf(text))).toBeNull();
        expect(readScannerTest(scanOf(bytes))).toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  test("a code with anything done to it never throws and is still one while a marker stands", () => {
    holds(
      property(uint8Array({ maxLength: 900 }), uint8Array({ maxLength: 900 }), (head, tail) => {
        const code: TestCodeName = "keys";
        const bytes = Uint8Array.of(...head, ...new TextEncoder().encode(" TBKTCHVNK "), ...tail);

        expect(readScannerTest(scanOf(bytes))?.code).toBe(code);
      }),
      { numRuns: 100 },
    );
  });
});

/** Vietnamese letters as Windows-1258 writes them: a letter, then its tone. */
function toWindows1258(text: string): Uint8Array {
  const table = new Map<string, number>();
  for (let byte = 0; byte < 256; byte += 1) {
    table.set(new TextDecoder("windows-1258").decode(Uint8Array.of(byte)), byte);
  }
  return Uint8Array.from(
    Array.from(text).flatMap((sign) => {
      const whole = table.get(sign);
      if (whole !== undefined) return [whole];
      const parts = sign.normalize("NFD");
      const tone = Array.from(parts).find((part) =>
        "\u0300\u0301\u0303\u0309\u0323".includes(part),
      );
      const base = parts.replace(tone ?? "", "").normalize("NFC");
      return [table.get(base) ?? 0x3f, table.get(tone ?? "") ?? 0x3f];
    }),
  );
}
