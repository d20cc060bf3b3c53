import { spanInWords } from "#ui/format.ts";
import type { SpanWords } from "#ui/format.ts";
import type { ScannerTexts } from "#ui/texts/texts.ts";

const words: SpanWords = {
  day: (count) => `${count} ngày`,
  hour: (count) => `${count} giờ`,
  minute: (count) => `${count} phút`,
  second: (count) => `${count} giây`,
};

const MINUTE_MS = 60_000;

/** How every scanner is, in Vietnamese. */
export const scannersVi: ScannerTexts = {
  title: "CÁC MÁY QUÉT",
  none: "Chưa có máy quét nào được nối.",
  lostState: {
    unplugged: "bị rút dây",
    busy: "đang bận",
    "no-permission": "chưa có quyền",
    "not-found": "không thấy",
    failed: "bị lỗi",
  },
  silentState: "lâu chưa đọc",
  waiting: "Đang mở máy quét",
  aliveSince: (time) => `Tốt từ ${time}`,
  lostSince: (trouble, time) => {
    const what = {
      unplugged: "Bị rút dây",
      busy: "Chương trình khác đang dùng",
      "no-permission": "Máy tính chưa cho phép dùng",
      "not-found": "Không thấy máy quét",
      failed: "Máy quét bị lỗi",
    }[trouble];
    return `${what} từ ${time}`;
  },
  lastRead: (agoMs) =>
    agoMs < MINUTE_MS ? "vừa đọc xong" : `đọc lần cuối ${spanInWords(agoMs, words)} trước`,
  neverRead: "chưa đọc lần nào",
  tryCard: "Xin quét thử một thẻ.",
  counts: {
    scans: (count) => `đã đọc ${count}`,
    repeated: (count) => `lặp lại ${count}`,
    torn: (count) => `đứt giữa chừng ${count}`,
    oversize: (count) => `quá dài ${count}`,
    noise: (count) => `nhiễu ${count}`,
    ignored: (count) => `bỏ qua ${count}`,
    commands: (count) => `phím lệnh bị chặn ${count}`,
    lost: (count) => `bị ngắt ${count} lần`,
  },
  technician: {
    unplugged: null,
    busy: null,
    "no-permission": "Kỹ thuật: cài quy tắc udev, hoặc thêm người dùng vào nhóm dialout.",
    "not-found": "Kỹ thuật: xem lại tên cổng (COM) trong cài đặt.",
    failed: "Kỹ thuật: xem nhật ký của trạm.",
  },
  holder: (program) => `Chương trình ${program} đang dùng máy quét.`,
};
