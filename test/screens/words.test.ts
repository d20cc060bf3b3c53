import { describe, expect, test } from "vitest";
import type { VerdictView } from "#contract/bridge.ts";
import type { ScannerFinding } from "#core/scanner-test.ts";
import { wordingOf } from "#renderer/wording.ts";
import {
  cardDate,
  clockSeconds,
  clockTime,
  dayOf,
  diskSize,
  spanInWords,
  timeSince,
  wholeNumber,
} from "#ui/format.ts";
import { en } from "#ui/texts/en.ts";
import { textsOf } from "#ui/texts/texts-of.ts";
import { vi } from "#ui/texts/vi.ts";
import { MORNING_MS, acceptedIn } from "./scripted-host.ts";
import { allTexts } from "./all-texts.ts";

function words(change: Partial<VerdictView>) {
  return wordingOf({ ...acceptedIn, number: 1, ...change }, vi);
}

describe("dates and numbers", () => {
  test("are Vietnamese, whatever the machine's own zone and language", () => {
    const newYear = Date.UTC(2026, 11, 31, 17, 0, 0);

    expect(clockTime(newYear)).toBe("00:00");
    expect(dayOf(newYear)).toBe("01/01/2027");
    expect(dayOf(newYear - 1)).toBe("31/12/2026");
    expect(clockSeconds(MORNING_MS)).toBe("08:05:12");
  });

  test("a time of another day carries its day", () => {
    expect(timeSince(MORNING_MS, MORNING_MS + 1000)).toBe("08:05");
    expect(timeSince(MORNING_MS, MORNING_MS + 86_400_000)).toBe("08:05 23/11");
  });

  test("a card's date may stop early", () => {
    expect(cardDate("2025-12-31")).toBe("31/12/2025");
    expect(cardDate("2025-12")).toBe("12/2025");
    expect(cardDate("2025")).toBe("2025");
  });

  test("thousands have dots, disks have a comma", () => {
    expect([0, 999, 1204, 1_234_567].map(wholeNumber)).toEqual(["0", "999", "1.204", "1.234.567"]);
    expect(diskSize(480 * 1_048_576)).toBe("480 MB");
    expect(diskSize(1.55 * 1_073_741_824)).toBe("1,5 GB");
  });

  test("spans have two units at most", () => {
    const unit = (name: string) => (count: number) => `${count}${name}`;
    const span = { day: unit("d"), hour: unit("h"), minute: unit("m"), second: unit("s") };
    const inWords = (seconds: number) => spanInWords(seconds * 1000, span);

    expect([0, 40, 60, 4920, 3600, 90_061, -134 * 60].map(inWords)).toEqual([
      "0s",
      "40s",
      "1m",
      "1h 22m",
      "1h",
      "1d 1h",
      "2h 14m",
    ]);
  });
});

describe("what a code of the test sheet says", () => {
  const tested = (findings: readonly ScannerFinding[], passed = 1) =>
    words({
      kind: "unknown",
      reason: "scanner-test",
      scannerTest: { code: "keys", findings, passed, total: 3 },
    });

  test("all right: which codes are left, or that the scanner is ready", () => {
    expect(tested([])).toEqual({
      word: "ĐỌC ĐÚNG",
      headline: "Đã đúng 1/3 mã. Mời quét mã thử tiếp theo.",
      lines: ["Đây là mã thử máy quét, không ghi lượt nào."],
    });
    expect(tested([], 3).headline).toBe("Máy quét này đã sẵn sàng.");
  });

  test("a fault: what to do first, then what it is, then the next one", () => {
    expect(
      tested([
        { kind: "input-method", method: "telex" },
        { kind: "slow", tookMs: 2_100, byteCount: 79 },
      ]),
    ).toEqual({
      word: "CẦN CHỈNH",
      headline: "Tắt Unikey, EVKey: chuyển sang chữ E.",
      lines: [
        "Bộ gõ tiếng Việt (Telex) đang bật.",
        "79 byte mất 2,1 giây. Nên chọn USB serial, hoặc tốc độ 115200.",
        "Đây là mã thử máy quét, không ghi lượt nào.",
      ],
    });
  });

  test("every finding has its own words in both languages", () => {
    const findings: readonly ScannerFinding[] = [
      ...(["azerty", "qwertz", "vietnamese"] as const).map((layout) => ({
        kind: "layout" as const,
        layout,
      })),
      ...(["telex", "vni", "unknown"] as const).map((method) => ({
        kind: "input-method" as const,
        method,
      })),
      ...(["big5", "unknown"] as const).map((charset) => ({ kind: "charset" as const, charset })),
      ...(["caps-lock", "marks-lost", "letters-lost", "control-lost"] as const).map((kind) => ({
        kind,
      })),
      ...(["no-terminator", "aim-identifier", "garbled"] as const).map((kind) => ({ kind })),
      ...(["prefix", "suffix"] as const).map((kind) => ({ kind, byteCount: 3 })),
      { kind: "truncated", missingBytes: 4 },
      { kind: "slow", tookMs: 330, byteCount: 300 },
    ];

    for (const { scannerTest } of [vi, en]) {
      const said = findings.map((finding) => scannerTest.finding(finding));
      expect(new Set(said.map(({ what }) => what)).size).toBe(findings.length);
      expect(said.every(({ todo }) => todo.length > 5)).toBe(true);
      expect(JSON.stringify(said)).not.toMatch(/undefined|object/);
    }
  });
});

describe("what a verdict says", () => {
  test("an entry: the person, the time, the masked number", () => {
    expect(words({})).toEqual({
      word: "MỜI VÀO",
      headline: "Nguyễn T. N. Ẩn",
      lines: ["Vào lúc 08:05:12 · 079•••••1234"],
    });
  });

  test("an exit: how long the person was inside, or that no entry was seen", () => {
    const out = { kind: "out", direction: "out" } as const;

    expect(words({ ...out, earlierAtMs: MORNING_MS - 82 * 60_000 }).lines[1]).toBe(
      "Ở trong 1 giờ 22 phút",
    );
    expect(words({ ...out, noEntrySeen: true }).lines[1]).toBe(
      "Không thấy lượt vào – vẫn ghi nhận ra.",
    );
  });

  test("a repeat: when before, and that nothing was recorded", () => {
    const repeat = words({
      kind: "notice",
      reason: "repeat",
      recorded: false,
      earlierAtMs: MORNING_MS - 40_000,
      earlierDirection: "in",
    });

    expect(repeat.word).toBe("ĐÃ QUÉT RỒI");
    expect(repeat.lines).toEqual([
      "Đã vào lúc 08:04, cách đây 40 giây. Không ghi thêm.",
      "Nếu người này đi ra, bấm F6.",
    ]);
  });

  test("every notice says whether it was recorded", () => {
    const reasons = [
      "already-inside",
      "expired",
      "not-yet-valid",
      "over-capacity",
      "opaque-code",
    ] as const;

    for (const reason of reasons) {
      expect(words({ kind: "notice", reason }).lines).toContain("Đã ghi nhận vào.");
      expect(words({ kind: "notice", reason, recorded: false }).lines).toContain("Không ghi nhận.");
    }
  });

  test("an expired card: since when, and that it was recorded all the same", () => {
    expect(words({ kind: "notice", reason: "expired", validTo: "2025-12-31" })).toMatchObject({
      word: "THẺ HẾT HẠN",
      lines: ["Thẻ hết hạn từ 31/12/2025.", "Đã ghi nhận vào."],
    });
  });

  test("a name that needs checking is said, whatever the verdict", () => {
    const nameNeedsChecking = true;

    expect(words({ nameNeedsChecking }).lines.at(-1)).toBe(vi.verdict.nameNeedsChecking);
    expect(words({ kind: "notice", reason: "expired", nameNeedsChecking }).lines.at(-1)).toBe(
      vi.verdict.nameNeedsChecking,
    );
  });

  test("a stop names neither the person nor a reason", () => {
    const stop = words({ kind: "stop", reason: "watch-list", caseNumber: "07" });
    const said = [stop.word, stop.headline, ...stop.lines].join(" ");

    expect(stop.headline).toBe("Gọi trưởng ca · Mã việc 07");
    expect(said).not.toContain("Nguyễn");
    expect(said).not.toContain("1234");
  });

  test("a code that failed to be saved is never called read", () => {
    expect(words({ kind: "unknown", reason: "not-saved" })).toMatchObject({
      word: "CHƯA GHI ĐƯỢC",
      headline: "Xin ghi sổ giấy và gọi trưởng ca.",
    });
  });

  test("without a name the masked number stands in its place, once", () => {
    const view = words({ name: null });

    expect(view.headline).toBe("079•••••1234");
    expect(view.lines).toEqual(["Vào lúc 08:05:12"]);
  });
});

describe("the texts", () => {
  test("have the same keys in both languages, all of them filled", () => {
    const keys = (texts: ReadonlyMap<string, string>) => [...texts.keys()];

    expect(keys(allTexts(vi))).toEqual(keys(allTexts(en)));
    expect(allTexts(vi).size).toBeGreaterThan(150);
    for (const language of ["vi", "en"] as const) {
      for (const [key, text] of allTexts(textsOf(language))) expect(text, key).not.toBe("");
    }
  });

  test("are in NFC: no combining mark stands alone, for which the font has no glyph", () => {
    for (const [key, text] of [...allTexts(vi), ...allTexts(en)]) {
      expect(text.normalize("NFC"), key).toBe(text);
    }
  });
});
