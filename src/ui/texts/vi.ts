import type { Direction } from "#core/entry.ts";
import { spanInWords } from "#ui/format.ts";
import type { SpanWords } from "#ui/format.ts";
import { chipVi } from "#ui/texts/vi-chip.ts";
import type { StationTexts } from "#ui/texts/texts.ts";
import { lostVi, unknownVi } from "#ui/texts/vi-faults.ts";
import { orderVi } from "#ui/texts/vi-order.ts";
import { scannerTestVi } from "#ui/texts/vi-scanner-test.ts";
import { scannersVi } from "#ui/texts/vi-scanners.ts";

const spanWords: SpanWords = {
  day: (count) => `${count} ngày`,
  hour: (count) => `${count} giờ`,
  minute: (count) => `${count} phút`,
  second: (count) => `${count} giây`,
};
const span = (ms: number) => spanInWords(ms, spanWords);
const passage: Readonly<Record<Direction, string>> = { in: "Vào", out: "Ra" };

/** The province's codes in words; one that is not known yet is read out as it is. */
const refusals: Readonly<Record<string, string>> = {
  "station-revoked": "trạm đã bị thu hồi",
  "station-unknown": "tỉnh chưa biết trạm này",
  "signature-invalid": "chữ ký của trạm không khớp",
  "signature-missing": "chữ ký của trạm không khớp",
};

/** The screens' words in Vietnamese: short, polite, the same word for the same thing. */
export const vi: StationTexts = {
  verdict: {
    in: "MỜI VÀO",
    out: "ĐÃ RA",
    notice: {
      repeat: "ĐÃ QUÉT RỒI",
      "already-inside": "ĐÃ VÀO RỒI",
      expired: "THẺ HẾT HẠN",
      "not-yet-valid": "CHƯA HIỆU LỰC",
      "over-capacity": "ĐÃ ĐỦ NGƯỜI",
      "opaque-code": "MÃ CHƯA RÕ",
      "refused-expired": "THẺ HẾT HẠN",
      "certificate-invalid": "GIẤY KHÔNG ĐÚNG",
      "certificate-unknown-signer": "CHƯA RÕ NƠI CẤP",
      "certificate-out-of-date": "GIẤY HẾT HẠN",
      "certificate-other-person": "GIẤY KHÁC TÊN",
    },
    at: (direction, time) => `${passage[direction]} lúc ${time}`,
    stayed: (ms) => `Ở trong ${span(ms)}`,
    noEntrySeen: "Không thấy lượt vào – vẫn ghi nhận ra.",
    nameNeedsChecking: "Tên đọc từ thẻ có thể sai, xin xem lại.",
    repeat: (direction, time, agoMs) =>
      `${direction === "in" ? "Đã vào" : "Đã ra"} lúc ${time}, cách đây ${span(agoMs)}. Không ghi thêm.`,
    repeatAsExit: "Nếu người này đi ra, bấm F6.",
    alreadyInside: (time) =>
      time === null ? "Chưa thấy lượt ra lần trước." : `Đã vào lúc ${time}, chưa thấy lượt ra.`,
    expired: (day) => (day === null ? "Thẻ đã hết hạn." : `Thẻ hết hạn từ ${day}.`),
    notYetValid: "Thẻ chưa đến ngày có hiệu lực.",
    overCapacity: "Bên trong đã đủ số người cho phép.",
    opaqueCode: "Mã chưa có trong máy, sẽ đối chiếu khi có mạng.",
    certificate: {
      about: {
        vaccination: "Chứng nhận tiêm chủng",
        test: "Chứng nhận xét nghiệm",
        recovery: "Chứng nhận khỏi bệnh",
      },
      doses: (dose, doses) => (doses === null ? `mũi ${dose}` : `mũi ${dose}/${doses}`),
      standing: {
        valid: "Chữ ký đúng, giấy còn hạn.",
        invalid: "Chữ ký trên giấy sai, không dùng được.",
        "unknown-signer": "Chữ ký của nơi cấp chưa có trong máy.",
        "out-of-date": "Giấy ngoài thời hạn, chữ ký đúng.",
      },
      holder: {
        same: "Đúng tên với thẻ.",
        other: "Tên hoặc ngày sinh khác với thẻ.",
        unknown: "Xin so tên trên giấy với người này.",
      },
    },
    refusedExpired: "Mời đưa giấy tờ khác.",
    recorded: (direction) => (direction === "in" ? "Đã ghi nhận vào." : "Đã ghi nhận ra."),
    notRecorded: "Không ghi nhận.",
    noName: "Không có tên",
  },
  unknown: unknownVi,
  stop: {
    word: "DỪNG LẠI",
    callSupervisor: (caseNumber) =>
      caseNumber === null ? "Gọi trưởng ca" : `Gọi trưởng ca · Mã việc ${caseNumber}`,
    howToEnd: "Bấm F9 khi đã xử lý xong",
    question: "Đã xử lý thế nào?",
    outcomes: {
      "let-in": "Đã cho vào",
      "turned-away": "Không cho vào",
      mistaken: "Nhầm người",
    },
    waiting: (count) => `Còn ${count} lượt dừng khác`,
    later: "Lượt sau",
  },
  idle: {
    word: "MỜI QUÉT MÃ",
    hint: "Đưa mã QR, thẻ BHYT hoặc CCCD vào máy quét",
    way: { in: "LỐI VÀO", out: "LỐI RA", auto: "LỐI VÀO VÀ RA" },
    scannerNumber: (number) => `Máy quét ${number}`,
    noScanner: "Chưa có máy quét nào được nối.",
  },
  frame: {
    title: "Trạm QR",
    inside: "Trong nhà",
    direction: { in: "VÀO", out: "RA", auto: "VÀO VÀ RA" },
    recent: "Vừa quét",
    nobodyYet: "Chưa có lượt nào",
    undone: "Đã hoàn tác",
    passage,
    connecting: "ĐANG KHỞI ĐỘNG",
    connectingHint: "Xin chờ một chút, trạm sắp sẵn sàng.",
    stationLost: "TRẠM KHÔNG TRẢ LỜI",
    stationLostHint: "Đang nối lại. Trong lúc chờ, xin ghi sổ giấy.",
  },
  lamps: {
    scanner: "Máy quét",
    network: "Mạng",
    scannerState: { waiting: "đang chờ", alive: "tốt", lost: "bị ngắt" },
    networkState: {
      online: "tốt",
      offline: "mất",
      connecting: "đang nối",
      "not-enrolled": "chưa đăng ký",
      refused: "bị từ chối",
      backlog: "đang gửi bù",
    },
  },
  banner: {
    commitFailing: "CHƯA GHI ĐƯỢC VÀO MÁY. Xin ghi sổ giấy và gọi trưởng ca ngay.",
    scannerLost: (scanner, since, what) =>
      `${scanner.toLocaleUpperCase("vi")} BỊ NGẮT từ ${since}. ${what}`,
    inputMethod: "BỘ GÕ TIẾNG VIỆT ĐANG BẬT, làm sai mã. Tắt Unikey: bấm Ctrl+Shift.",
    allScanners: "Tất cả máy quét",
    onPaper: "Trong lúc chờ, ghi sổ giấy.",
    othersWork: "Máy quét khác vẫn dùng được.",
    scannerSilent: (scanner, since) =>
      `Chưa thấy ${scanner.toLocaleLowerCase("vi")} đọc mã nào từ ${since}. Xin quét thử một thẻ.`,
    clock: (offsetMs) =>
      `ĐỒNG HỒ MÁY SAI (${offsetMs > 0 ? "chậm" : "nhanh"} ${span(offsetMs)}). Giờ ghi theo máy chủ. Gọi trưởng ca.`,
    disk: (size) => `Bộ nhớ sắp đầy: còn ${size}. Báo trưởng ca.`,
    diskCritical: (size) => `BỘ NHỚ GẦN HẾT: còn ${size}. Gọi trưởng ca ngay.`,
    refused: (code) =>
      `Máy chủ tỉnh không nhận: ${refusals[code] ?? code}. Vẫn quét, gọi trưởng ca.`,
    notEnrolled: (waiting) =>
      `Trạm chưa đăng ký với tỉnh – vẫn quét bình thường. ${waiting} lượt chờ gửi.`,
    offline: (since, waiting) =>
      `Mất mạng từ ${since} – vẫn quét bình thường. ${waiting} lượt chờ gửi.`,
    backlog: (waiting) => `Đang gửi bù: còn ${waiting} lượt. Vẫn quét bình thường.`,
    tellSupervisor: "Báo trưởng ca.",
  },
  lost: lostVi,
  scanners: scannersVi,
  keys: {
    undo: "Hoàn tác",
    direction: "Đổi chiều",
    repeatAsExit: "Ghi là RA",
    otherLanguage: "Tiếng Anh",
    display: "Cỡ chữ, nền",
    acknowledge: "Xử lý xong",
    silence: "Tắt chuông",
    scanners: "Máy quét",
    back: "Quay lại",
    chooseDirection: (scanner) => (scanner === null ? "Chiều cửa:" : `Chiều của ${scanner}:`),
    choices: { in: "Vào", out: "Ra", auto: "Vào và ra" },
    nextScanner: "Máy quét khác",
    keys: "Phím bấm",
  },
  notes: {
    undone: "Đã hoàn tác lượt vừa rồi.",
    nothingToUndo: "Không có lượt nào để hoàn tác.",
    tooLate: "Quá lâu rồi, không hoàn tác được.",
    notSaved: "Chưa ghi được vào máy. Xin thử lại.",
    noAnswer: "Trạm không trả lời. Xin thử lại.",
    notRead: "Trạm này không đọc máy quét kiểu bàn phím. Gọi kỹ thuật.",
    directionSet: (direction) =>
      `Đã đổi: ${{ in: "lối vào", out: "lối ra", auto: "lối vào và ra" }[direction]}.`,
    acknowledged: "Đã ghi cách xử lý.",
    scannerBack: "Đã nhận máy quét.",
    held: "Trạm đang tạm ngừng, không ghi được.",
    silenced: "Đã tắt chuông. Máy quét vẫn chưa dùng được.",
  },
  scannerTest: scannerTestVi,
  chip: chipVi,
  order: orderVi,
};
