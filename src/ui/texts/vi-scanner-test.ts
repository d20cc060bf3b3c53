import type { ScannerFinding } from "#core/scanner-test.ts";
import type { FindingWords, ScannerTestTexts } from "#ui/texts/texts.ts";

const seconds = (ms: number) => `${(ms / 1000).toFixed(1).replace(".", ",")} giây`;
const utf8 = "Đặt máy quét: USB serial (COM), bảng mã UTF-8.";
const layouts = { azerty: "AZERTY (Pháp)", qwertz: "QWERTZ (Đức)", vietnamese: "Tiếng Việt" };
const methods = { telex: " (Telex)", vni: " (VNI)", unknown: "" };

/** The test sheet's results in Vietnamese. */
export const scannerTestVi: ScannerTestTexts = {
  right: "ĐỌC ĐÚNG",
  usable: "DÙNG ĐƯỢC",
  wrong: "CẦN CHỈNH",
  next: (passed, total) => `Đã đúng ${passed}/${total} mã. Mời quét mã thử tiếp theo.`,
  ready: "Máy quét này đã sẵn sàng.",
  notAnEntry: "Đây là mã thử máy quét, không ghi lượt nào.",
  finding: findingWords,
};

const words = (what: string, todo: string): FindingWords => ({ what, todo });

/** Findings without figures. */
const fixed = {
  "caps-lock": words(
    "Chữ hoa và chữ thường bị đảo.",
    "Tắt CapsLock; tắt chế độ đảo chữ của máy quét.",
  ),
  "marks-lost": words("Chữ Việt bị mất dấu.", utf8),
  "letters-lost": words("Chữ có dấu không đến được máy.", utf8),
  "control-lost": words(
    "Ký tự điều khiển (GS) không đến được máy.",
    "Thẻ vẫn đọc được, không phải chỉnh.",
  ),
  "no-terminator": words(
    "Máy quét không gửi ký tự kết thúc.",
    "Nên đặt hậu tố CR (Enter): đọc nhanh hơn.",
  ),
  "aim-identifier": words("Máy quét gửi thêm mã AIM; trạm tự bỏ đi.", "Không phải chỉnh."),
  garbled: words("Mã thử đến máy bị sai.", "Quét lại. Nếu vẫn sai, đưa máy quét về mặc định."),
} as const;

function findingWords(finding: ScannerFinding): FindingWords {
  switch (finding.kind) {
    case "layout":
      return words(
        `Máy quét hoặc máy tính dùng bàn phím ${layouts[finding.layout]}.`,
        "Đặt máy quét và máy tính về bàn phím US.",
      );
    case "input-method":
      return words(
        `Bộ gõ tiếng Việt${methods[finding.method]} đang bật.`,
        "Tắt Unikey, EVKey: chuyển sang chữ E.",
      );
    case "charset":
      return words(
        `Chữ Việt bị đọc theo bảng mã ${finding.charset === "unknown" ? "khác" : finding.charset}.`,
        utf8,
      );
    case "prefix":
      return words(
        `Máy quét thêm ${finding.byteCount} ký tự vào đầu mã.`,
        "Xóa tiền tố (prefix) trong máy quét.",
      );
    case "suffix":
      return words(
        `Máy quét thêm ${finding.byteCount} ký tự vào cuối mã.`,
        "Xóa hậu tố thừa, chỉ để CR.",
      );
    case "truncated":
      return words(
        `Mã đến thiếu ${finding.missingBytes} byte.`,
        "Quét lại. Nếu vẫn thiếu, xem dây và tốc độ cổng.",
      );
    case "slow":
      return words(
        `${finding.byteCount} byte mất ${seconds(finding.tookMs)}.`,
        "Nên chọn USB serial, hoặc tốc độ 115200.",
      );
    case "caps-lock":
    case "marks-lost":
    case "letters-lost":
    case "control-lost":
    case "no-terminator":
    case "aim-identifier":
    case "garbled":
      return fixed[finding.kind];
  }
}
