import type { OrderTexts } from "#ui/texts/texts.ts";

/** What the province ordered, in Vietnamese. */
export const orderVi: OrderTexts = {
  "upload-only": {
    word: "TẠM NGỪNG QUÉT",
    lines: ["Tỉnh yêu cầu trạm này tạm ngừng ghi lượt mới.", "Xin ghi sổ giấy và báo trưởng ca."],
  },
  wipe: {
    word: "ĐANG GỠ TRẠM",
    lines: [
      "Tỉnh yêu cầu gỡ trạm này. Gửi xong, máy sẽ xóa hết dữ liệu.",
      "Xin để máy bật và nối mạng, ghi sổ giấy, báo trưởng ca.",
    ],
  },
  wiped: {
    word: "TRẠM ĐÃ ĐƯỢC XÓA",
    lines: [
      "Trạm đã gỡ theo yêu cầu của tỉnh, máy không còn giữ dữ liệu nào.",
      "Muốn dùng tiếp, xin tỉnh cấp mã đăng ký mới.",
    ],
  },
  waiting: (count) => `Còn ${count} lượt đang gửi về tỉnh.`,
  offline: (since, waiting) => `Mất mạng từ ${since}. ${waiting} lượt chờ gửi, không mất lượt nào.`,
  allSent: "Mọi lượt đã gửi về tỉnh.",
};
