import { Type } from "typebox";
import type { TSchema } from "typebox";
import { longest, yesNo } from "#server/citizens/fields.ts";
import type { Field, Option } from "#server/citizens/fields.ts";

/** What a citizen can do here. */
export type FormId = "check-in" | "health" | "movement" | "personal-code" | "feedback";

/** One form: a page, and a JSON request of the same fields. */
export type Form = {
  readonly id: FormId;
  /** Null: the page is opened by a place's code alone. */
  readonly path: string | null;
  readonly vi: string;
  readonly en: string;
  /** One or two sentences before the questions. */
  readonly introduction: string;
  readonly submit: string;
  readonly fields: readonly Field[];
};

/** Which text people agreed to; goes into what is stored. A new text gets a new number. */
export const CONSENT_VERSION = 1;

const name: Field = {
  name: "name",
  kind: "name",
  isRequired: true,
  vi: "Họ và tên",
  en: "Full name",
};
const document: Field = {
  name: "document",
  kind: "document",
  isRequired: true,
  vi: "Số giấy tờ",
  en: "Document number",
  hint: "Số căn cước (12 số), số thẻ bảo hiểm y tế, mã cá nhân của tỉnh, hoặc số hộ chiếu.",
};
const birthDate: Field = {
  name: "birth_date",
  kind: "birth-date",
  isRequired: false,
  vi: "Ngày sinh",
  en: "Date of birth",
  hint: "Ngày/tháng/năm, ví dụ 15/03/1985. Nếu không nhớ ngày, xin ghi năm.",
};
const phone: Field = {
  name: "phone",
  kind: "phone",
  isRequired: false,
  vi: "Số điện thoại",
  en: "Phone number",
  hint: "Để cơ quan y tế gọi khi cần. Ví dụ 0912345678.",
};
const consent: Field = {
  name: "consent",
  kind: "consent",
  isRequired: true,
  vi: "Tôi đã đọc thông báo bên trên và đồng ý gửi thông tin này.",
  en: "I have read the notice above and agree to send this information.",
};

const directions: readonly Option[] = [
  { value: "in", vi: "Vào", en: "Coming in" },
  { value: "out", vi: "Ra", en: "Going out" },
];

const transports: readonly Option[] = [
  { value: "motorbike", vi: "Xe máy", en: "Motorbike" },
  { value: "car", vi: "Ô tô cá nhân", en: "Private car" },
  { value: "coach", vi: "Xe khách", en: "Coach" },
  { value: "train", vi: "Tàu hỏa", en: "Train" },
  { value: "plane", vi: "Máy bay", en: "Plane" },
  { value: "boat", vi: "Tàu, thuyền", en: "Boat" },
  { value: "other", vi: "Phương tiện khác", en: "Other" },
];

const categories: readonly Option[] = [
  { value: "place", vi: "Về một cơ sở, cửa vào", en: "About a place or gate" },
  { value: "staff", vi: "Về thái độ phục vụ", en: "About staff" },
  { value: "data", vi: "Về dữ liệu cá nhân của tôi", en: "About my personal data" },
  { value: "fault", vi: "Báo lỗi của hệ thống", en: "Report a fault" },
  { value: "other", vi: "Góp ý khác", en: "Something else" },
];

function question(fieldName: string, vi: string, en: string): Field {
  return { name: fieldName, kind: "yes-no", isRequired: true, vi, en };
}

function line(fieldName: string, isRequired: boolean, vi: string, en: string): Field {
  return { name: fieldName, kind: "line", isRequired, vi, en };
}

const required = (field: Field): Field => ({ ...field, isRequired: true });

/** Every form that the server offers to citizens. */
export const forms: Readonly<Record<FormId, Form>> = {
  "check-in": {
    id: "check-in",
    path: null,
    vi: "Tự ghi nhận vào, ra",
    en: "Self check-in",
    introduction:
      "Xin quý vị điền thông tin để ghi nhận lượt vào hoặc ra tại địa điểm này. Có thể nhờ nhân viên ở cửa quét giấy tờ thay cho việc tự điền.",
    submit: "Gửi",
    fields: [
      {
        name: "direction",
        kind: "choice",
        isRequired: true,
        vi: "Quý vị đang",
        en: "You are",
        options: directions,
        preset: "in",
      },
      name,
      document,
      birthDate,
      phone,
      consent,
    ],
  },
  health: {
    id: "health",
    path: "/khai-bao-y-te",
    vi: "Khai báo y tế",
    en: "Health declaration",
    introduction: "Tờ khai có hiệu lực 72 giờ kể từ khi gửi. Xin trả lời về 14 ngày vừa qua.",
    submit: "Gửi tờ khai",
    fields: [
      name,
      document,
      required(birthDate),
      required(phone),
      question("fever", "Quý vị có bị sốt không?", "Have you had a fever?"),
      question("cough", "Quý vị có bị ho hoặc đau họng không?", "A cough or a sore throat?"),
      question("breath", "Quý vị có bị khó thở không?", "Difficulty breathing?"),
      question(
        "contact",
        "Quý vị có tiếp xúc gần với người mắc hoặc nghi mắc bệnh truyền nhiễm không?",
        "Close contact with somebody who has or may have an infectious disease?",
      ),
      question(
        "outbreak",
        "Quý vị có ở nơi đang có dịch không?",
        "Have you been where there is an outbreak?",
      ),
      line("outbreak_where", false, "Nếu có, xin ghi rõ nơi đó", "If so, where"),
      consent,
    ],
  },
  movement: {
    id: "movement",
    path: "/khai-bao-di-chuyen",
    vi: "Khai báo di chuyển nội địa",
    en: "Domestic movement declaration",
    introduction: "Tờ khai có hiệu lực 72 giờ kể từ khi gửi.",
    submit: "Gửi tờ khai",
    fields: [
      name,
      document,
      required(birthDate),
      required(phone),
      line("from", true, "Nơi đi (xã, phường; tỉnh, thành phố)", "From (commune, province)"),
      line("to", true, "Nơi đến (xã, phường; tỉnh, thành phố)", "To (commune, province)"),
      line("departs", true, "Ngày, giờ đi", "Date and time of departure"),
      {
        name: "transport",
        kind: "choice",
        isRequired: true,
        vi: "Phương tiện",
        en: "Means of transport",
        options: transports,
      },
      line("vehicle", false, "Biển số, số hiệu chuyến", "Number plate or service number"),
      line("purpose", false, "Lý do đi", "Purpose"),
      consent,
    ],
  },
  "personal-code": {
    id: "personal-code",
    path: "/ma-ca-nhan",
    vi: "Mã QR cá nhân của tỉnh",
    en: "My QR code",
    introduction:
      "Dành cho người không có điện thoại thông minh hoặc giấy tờ có mã QR. Nếu làm mất mã, xin điền lại đúng thông tin cũ: mã cũ sẽ hiện ra.",
    submit: "Tạo mã hoặc lấy lại mã",
    fields: [name, document, required(birthDate), consent],
  },
  feedback: {
    id: "feedback",
    path: "/gop-y",
    vi: "Góp ý, phản ánh",
    en: "Feedback",
    introduction: "Cán bộ của tỉnh sẽ đọc mọi góp ý. Quý vị không phải ghi tên.",
    submit: "Gửi góp ý",
    fields: [
      {
        name: "category",
        kind: "choice",
        isRequired: true,
        vi: "Nội dung về",
        en: "About",
        options: categories,
      },
      { name: "text", kind: "text", isRequired: true, vi: "Nội dung", en: "Your message" },
      { ...name, isRequired: false },
      { ...phone, hint: "Nếu quý vị muốn được trả lời." },
      consent,
    ],
  },
};

/** Digits of a place's code, as its poster has them. */
const PLACE_CODE = "^[0-9]{4,20}$";

/** The JSON request of a form: its fields as texts, the token that makes it count once, and the place's code. */
export function requestSchema(form: Form): TSchema {
  const fields = form.fields.map((field) => [field.name, fieldSchema(field)] as const);
  return Type.Object({
    token: Type.String({ maxLength: 200, description: "From GET /v1/public/form-token" }),
    place_code: placeCodeSchema(form),
    ...Object.fromEntries(fields),
  });
}

function placeCodeSchema(form: Form): TSchema {
  const code = Type.String({ pattern: PLACE_CODE, description: "Digits of the place's code" });
  return form.id === "check-in" ? code : Type.Optional(code);
}

function fieldSchema(field: Field): TSchema {
  const options = field.kind === "yes-no" ? yesNo : field.options;
  const text = Type.String({
    maxLength: longest[field.kind],
    description: field.en,
    ...(options === undefined ? {} : { enum: options.map((option) => option.value) }),
    ...(field.kind === "consent" ? { enum: ["yes"] } : {}),
  });
  return field.isRequired ? text : Type.Optional(text);
}
