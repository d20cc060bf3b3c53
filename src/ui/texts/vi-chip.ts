import type { ChipTexts } from "#ui/texts/texts.ts";

/** A card's chip, in Vietnamese. */
export const chipVi: ChipTexts = {
  alone: {
    word: "QUÉT MÃ TRƯỚC",
    headline: "Xin quét mã QR trên thẻ, rồi đặt thẻ lên đầu đọc.",
    lines: ["Trạm cần số trên thẻ để mở chip."],
  },
  unread: "CHƯA ĐỌC ĐƯỢC CHIP",
  layAgain: "Xin đặt thẻ nằm yên trên đầu đọc.",
  faults: {
    "not-a-document": "Thẻ này không phải thẻ căn cước có chip.",
    refused: "Chip không nhận cách mở này.",
    "wrong-password": "Số trên thẻ không mở được chip.",
    torn: "Thẻ được nhấc ra quá sớm.",
  },
  notGenuine: "CHIP KHÔNG THẬT",
  otherPerson: "CHIP KHÁC NGƯỜI",
  callSupervisor: "Gọi trưởng ca đối chiếu giấy tờ.",
  standing: {
    valid: "Chip thật, đúng chữ ký của nơi cấp.",
    "unknown-signer": "Chip đọc được, chưa kiểm được chữ ký nơi cấp.",
    invalid: "Nội dung chip không đúng chữ ký.",
  },
  holder: {
    same: "Đúng người trên mã QR.",
    other: "Số trong chip khác số trên mã QR.",
    unknown: "Chưa so được với mã QR.",
  },
};
