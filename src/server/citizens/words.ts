import type { FieldFault } from "#server/citizens/fields.ts";

/** What is wrong with an answer, and what to do, in Vietnamese. */
export const faultWords: Readonly<Record<FieldFault, string>> = {
  missing: "Xin điền hoặc chọn mục này.",
  "too-long": "Nội dung quá dài, xin viết ngắn hơn.",
  "not-a-name": "Xin ghi họ và tên bằng chữ, không có số hay ký hiệu.",
  "not-a-document":
    "Không nhận ra số giấy tờ. Xin kiểm tra lại: căn cước có 12 số, số bảo hiểm xã hội có 10 số, thẻ bảo hiểm y tế có 15 ký tự.",
  "not-a-date": "Xin ghi ngày/tháng/năm, ví dụ 15/03/1985, hoặc chỉ ghi năm.",
  "in-future": "Ngày này chưa đến, xin kiểm tra lại.",
  "not-a-phone":
    "Xin ghi số điện thoại 10 số bắt đầu bằng 0, hoặc số nước ngoài bắt đầu bằng dấu +.",
  "not-a-choice": "Xin chọn một câu trả lời.",
  "not-agreed": "Xin đánh dấu vào ô đồng ý thì mới gửi được.",
  unreadable: "Có ký tự không đọc được, xin gõ lại.",
};

/** What people are told before they agree; its number is CONSENT_VERSION. */
export const notice =
  "Thông tin quý vị gửi được mã hóa ngay khi nhận và chỉ dùng để phòng, chống dịch. Chỉ cán bộ có thẩm quyền của tỉnh được mở, có lý do, và mỗi lần mở đều được ghi lại. Lượt ra vào và tờ khai được xóa sau 28 ngày. Quý vị có quyền hỏi ai đã xem, xin sửa hoặc xin xóa thông tin của mình qua mục Góp ý.";

/** Remarks about a form as a whole. */
export const remarks = {
  expired: "Trang này đã mở quá lâu. Thông tin quý vị điền vẫn còn, xin bấm gửi một lần nữa.",
  foreign: "Yêu cầu đến từ một trang khác. Xin bấm gửi một lần nữa tại trang này.",
} as const;

/** Pages for what cannot be done, by HTTP status. */
export const refusals: Readonly<Record<number, readonly [title: string, advice: string]>> = {
  400: ["Không đọc được yêu cầu", "Xin mở lại trang và thử lại."],
  404: ["Không có trang này", "Xin quét lại mã, hoặc kiểm tra lại địa chỉ."],
  413: ["Nội dung gửi quá lớn", "Xin viết ngắn hơn rồi gửi lại."],
  415: ["Không đọc được yêu cầu", "Xin gửi bằng biểu mẫu trên trang này."],
  429: [
    "Quá nhiều yêu cầu",
    "Xin chờ ít phút rồi thử lại. Tại cửa, quý vị có thể nhờ nhân viên quét giấy tờ.",
  ],
  503: [
    "Máy chủ đang bận",
    "Xin thử lại sau ít phút. Tại cửa, quý vị có thể nhờ nhân viên quét giấy tờ.",
  ],
};

/** For every status that has no page of its own. */
export const mishap = [
  "Máy chủ gặp lỗi",
  "Xin thử lại sau ít phút. Tại cửa, quý vị có thể nhờ nhân viên quét giấy tờ.",
] as const;
