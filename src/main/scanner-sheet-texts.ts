import type { SetUpStepName } from "#main/scanner-profiles.ts";
import type { TestCodeName } from "#core/scanner-test-codes.ts";
import type { TwoTongues } from "#print/scanner-sheet.ts";

/** What each step of setting up sets. */
export const stepTexts: Readonly<Record<SetUpStepName, TwoTongues>> = {
  defaults: {
    vietnamese: "Đưa máy quét về cài đặt gốc",
    english: "Factory defaults",
  },
  interface: {
    vietnamese: "Nối kiểu USB serial (COM ảo); dây RS-232: 115200 8N1",
    english: "USB serial (CDC, virtual COM); on RS-232 115200 8N1, no flow control, no ACK/NAK",
  },
  suffix: {
    vietnamese: "Hậu tố CR (Enter) sau mỗi mã",
    english: "Suffix CR after every code",
  },
  charset: {
    vietnamese: "Bảng mã UTF-8, hoặc không chuyển đổi",
    english: "UTF-8, or no conversion; no ECI escapes",
  },
  "beep-off": {
    vietnamese: "Nên tắt tiếng bíp khi đọc được: trạm tự báo bằng âm thanh",
    english: "Better: good-read beep off, the station has its own sounds",
  },
};

/** What each test code is about. */
export const testTexts: Readonly<Record<TestCodeName, TwoTongues>> = {
  keys: { vietnamese: "Thử 1 – phím", english: "Keys, layout, input method, CapsLock" },
  letters: { vietnamese: "Thử 2 – chữ Việt", english: "Vietnamese letters, encoding" },
  length: { vietnamese: "Thử 3 – độ dài", english: "Length, speed, control characters" },
};

export const testTitle: TwoTongues = {
  vietnamese: "Thử: mở trạm, quét lần lượt ba mã",
  english: "Test: start the station and scan the three codes. The screen says what was found.",
};

/** What the screen's words mean. */
export const resultNotes: readonly TwoTongues[] = [
  {
    vietnamese:
      "Màn hình báo ĐỌC ĐÚNG: mã này tốt. DÙNG ĐƯỢC: dùng được, có thể chỉnh cho tốt hơn. CẦN CHỈNH: làm theo dòng chữ lớn rồi quét lại.",
    english:
      "READ RIGHT: good. USABLE: works, could be better. SET RIGHT: do what the large line says, then scan again.",
  },
  {
    vietnamese:
      "Màn hình không báo gì: sai kiểu nối hoặc sai tốc độ cổng (thử ?baud=auto). Mã thử không phải lượt vào ra và không được ghi lại.",
    english:
      "Nothing on the screen: wrong interface or wrong speed (try ?baud=auto). Test codes are no entries and are not recorded.",
  },
];

export const setUpNote: TwoTongues = {
  vietnamese:
    "Quét các mã cài đặt khi trạm chưa mở. Mã in ở trên chưa được thử trên máy thật: nếu máy quét không nhận, xin dùng mã trong sách của hãng.",
  english:
    "Scan setting codes while the station is stopped. Those above were not tried on a real scanner: if one is not taken, use the maker's manual.",
};
