import type { LostWords, ScannerTrouble, UnknownReason, UnknownWords } from "#ui/texts/texts.ts";

const notRead = "KHÔNG ĐỌC ĐƯỢC";
const wrongCode = "KHÔNG ĐÚNG MÃ";
const again = "Mời quét lại. Nếu không được, ghi sổ giấy.";
const personal = "Xin đưa mã cá nhân, thẻ BHYT hoặc CCCD.";
const paper = "Xin giấy tờ khác, hoặc ghi sổ giấy.";

const unread = (cause: string, action = again): UnknownWords => ({ word: notRead, action, cause });
const wrong = (cause: string): UnknownWords => ({ word: wrongCode, action: personal, cause });

/** Unknown verdicts in Vietnamese. */
export const unknownVi: Readonly<Record<UnknownReason, UnknownWords>> = {
  "too-short": unread("Mã bị mờ hoặc đọc thiếu. Lau thẻ, đưa cách máy 10–20 cm."),
  "fields-missing": unread("Mã đọc thiếu. Giữ thẻ yên, cách máy 10–20 cm."),
  "bad-number": unread("Số trên mã không đúng. Lau thẻ rồi quét lại."),
  "bad-check-digit": unread("Mã bị mờ hoặc đọc sai. Lau thẻ, đưa cách máy 10–20 cm."),
  "bad-signature": unread("Chữ ký trên mã không đúng.", paper),
  "not-hex": unread("Tên trên thẻ BHYT đọc sai. Lau thẻ rồi quét lại."),
  "input-method-on": unread(
    "Bộ gõ tiếng Việt đang bật nên mã bị sai.",
    "Tắt Unikey (Ctrl+Shift), rồi quét lại.",
  ),
  "wrong-layout": unread(
    "Bàn phím không phải kiểu US.",
    "Gọi trưởng ca. Trong lúc chờ, ghi sổ giấy.",
  ),
  "two-cards": unread("Hai mã bị đọc dính nhau.", "Mời quét từng thẻ một."),
  "newer-format": unread("Mã kiểu mới – máy cần cập nhật.", paper),
  corrupt: unread("Mã bị hỏng khi đọc. Lau thẻ, đưa cách máy 10–20 cm."),
  noise: unread("Máy quét chưa đọc trọn mã."),
  "place-code": wrong("Đây là mã địa điểm."),
  payment: wrong("Đây là mã chuyển khoản."),
  link: wrong("Đây là mã của một trang mạng."),
  contact: wrong("Đây là mã danh thiếp."),
  product: wrong("Đây là mã hàng hóa."),
  "health-certificate": {
    word: wrongCode,
    action: "Xin quét thẻ trước, rồi quét giấy này.",
    cause: "Đây là giấy chứng nhận tiêm chủng.",
  },
  "not-saved": {
    word: "CHƯA GHI ĐƯỢC",
    action: "Xin ghi sổ giấy và gọi trưởng ca.",
    cause: "Máy chưa lưu được lượt này.",
  },
};

const reconnect = "Rút ra và cắm lại dây USB của máy quét";
const light = "Đèn trên máy quét phải sáng";
const tryCard = "Bấm cò, quét thử một thẻ";

/** Lost scanners in Vietnamese. */
export const lostVi: Readonly<Record<ScannerTrouble, LostWords>> = {
  unplugged: {
    banner: "Cắm lại dây USB.",
    steps: [reconnect, light, tryCard],
  },
  "not-found": {
    banner: "Cắm dây USB.",
    steps: [reconnect, light, tryCard],
  },
  failed: {
    banner: "Cắm lại dây USB.",
    steps: [reconnect, light, tryCard],
  },
  busy: {
    banner: "Một chương trình khác đang dùng máy quét.",
    steps: ["Đóng chương trình khác đang dùng máy quét", reconnect, tryCard],
  },
  "no-permission": {
    banner: "Máy tính chưa cho phép dùng máy quét. Gọi kỹ thuật.",
    steps: [
      "Gọi kỹ thuật: máy tính chưa cho phép dùng máy quét",
      "Trong lúc chờ, ghi sổ giấy",
      tryCard,
    ],
  },
};
