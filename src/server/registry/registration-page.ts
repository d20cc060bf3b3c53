import { faultSummary } from "#server/citizens/fault-summary.ts";
import { html } from "#server/citizens/html.ts";
import type { Html } from "#server/citizens/html.ts";
import type { Commune } from "#server/registry/communes.ts";
import type { Fault, RawField, RawPlace } from "#server/registry/place-fields.ts";
import { placeTypes } from "#server/registry/place-types.ts";

export const REGISTRATION_PATH = "/dang-ky-co-so";
export const OWNER_PATH = "/chu-co-so";

/** What the form shows: what was typed before, and what is wrong with it. */
export type RegistrationState = {
  readonly raw: RawPlace;
  readonly faults: readonly Fault[];
  readonly communes: readonly Commune[];
  /** Something about the form as a whole; null when there is nothing to say. */
  readonly remark: string | null;
};

type Words = {
  readonly vi: string;
  readonly en: string;
  readonly isRequired: boolean;
  readonly hint?: string;
};

const words = {
  name: { vi: "Tên cơ sở", en: "Name of the place", isRequired: true },
  type: { vi: "Loại hình", en: "Type", isRequired: true },
  address: {
    vi: "Địa chỉ",
    en: "Address",
    isRequired: true,
    hint: "Số nhà, tên đường, ấp hoặc khu phố.",
  },
  commune: {
    vi: "Xã, phường",
    en: "Commune or ward",
    isRequired: true,
    hint: "Theo tên mới từ ngày 01/07/2025.",
  },
  opening_hours: {
    vi: "Giờ mở cửa",
    en: "Opening hours",
    isRequired: false,
    hint: "Ví dụ: T2-T6 07:00-17:00; T7 07:00-11:30",
  },
  owner_name: { vi: "Người phụ trách", en: "Person in charge", isRequired: true },
  owner_phone: {
    vi: "Số điện thoại",
    en: "Phone number",
    isRequired: true,
    hint: "Để cán bộ xã, phường liên hệ khi cần.",
  },
} as const satisfies Partial<Record<RawField, Words>>;
type FormField = keyof typeof words;

export const formFields = Object.keys(words).filter((name) => isFormField(name));

function isFormField(name: string): name is FormField {
  return Object.hasOwn(words, name);
}

/** Required fields of the form that were left empty. */
export function missingFields(raw: RawPlace): readonly Fault[] {
  return formFields
    .filter((field) => words[field].isRequired && raw[field].trim() === "")
    .map((field) => ({ field, vi: "Xin điền mục này.", en: "This is required." }));
}

/** A field that no person sees and only programs fill in. */
export const TRAP_FIELD = "website";

/** The form by which a place registers itself. */
export function registrationContent(state: RegistrationState): Html {
  return html`<h1>Đăng ký cơ sở<span class="en" lang="en">Register a place</span></h1>
    ${summary(state)}
    <p>
      Cơ quan, cửa hàng, chợ, nhà máy đăng ký tại đây để nhận mã QR địa điểm. Cán bộ xã, phường sẽ
      xem và duyệt; sau đó quý vị in được áp phích có mã.
    </p>
    <form method="post" action="${REGISTRATION_PATH}" accept-charset="utf-8" novalidate>
      <p>Mục có dấu * phải điền.<span class="en" lang="en">Fields marked * are required.</span></p>
      ${formFields.map((field) => fieldRow(field, state))}
      <p hidden>
        <label
          >Không điền mục này
          <input type="text" name="${TRAP_FIELD}" tabindex="-1" autocomplete="off"
        /></label>
      </p>
      <button type="submit">Gửi đăng ký</button>
    </form>`;
}

function summary({ faults, remark }: RegistrationState): Html | null {
  if (faults.length === 0 && remark === null) return null;
  const inputs = faults.map(({ field, vi }) => {
    const label = isFormField(field) ? words[field].vi : field;
    return { input: field, label, words: vi };
  });
  return faultSummary(inputs, remark);
}

function fieldRow(field: FormField, state: RegistrationState): Html {
  const text: Words = words[field];
  const fault = state.faults.find((one) => one.field === field) ?? null;
  const mark = text.isRequired ? html` <strong aria-hidden="true">*</strong>` : null;
  return html`<div class="field">
    <label for="${field}">${text.vi}${mark}<span class="en" lang="en">${text.en}</span></label>
    ${text.hint === undefined ? null : html`<span class="hint" id="${field}-hint">${text.hint}</span>`}
    ${fault === null ? null : html`<span class="fault" id="${field}-fault">${fault.vi}</span>`}
    ${input(field, state, described(field, text, fault))}
  </div>`;
}

function input(field: FormField, { raw, communes }: RegistrationState, attributes: Html): Html {
  if (field === "type") {
    const types = Object.entries(placeTypes).map(([value, { vi }]) => ({ value, vi }));
    return select(field, raw[field], types, attributes);
  }
  if (field === "commune") {
    const sorted = communes.toSorted((a, b) => bareName(a).localeCompare(bareName(b), "vi"));
    const options = sorted.map(({ commune, name }) => ({ value: commune, vi: name }));
    return select(field, raw[field], options, attributes);
  }
  const kind = field === "owner_phone" ? "tel" : "text";
  return html`<input
    type="${kind}"
    id="${field}"
    name="${field}"
    value="${raw[field]}"
    maxlength="300"
    ${attributes}
  />`;
}

function bareName({ name }: Commune): string {
  return name.replace(/^(?:Xã|Phường) /, "");
}

function select(
  field: FormField,
  chosen: string,
  options: readonly { readonly value: string; readonly vi: string }[],
  attributes: Html,
): Html {
  const items = options.map(
    ({ value, vi }) =>
      html`<option value="${value}" ${value === chosen ? html`selected` : null}>${vi}</option>`,
  );
  return html`<select id="${field}" name="${field}" ${attributes}>
    <option value="">– Xin chọn –</option>
    ${items}
  </select>`;
}

function described(field: FormField, { hint, isRequired }: Words, fault: Fault | null): Html {
  const ids = [
    ...(fault === null ? [] : [`${field}-fault`]),
    ...(hint === undefined ? [] : [`${field}-hint`]),
  ];
  const by = ids.length === 0 ? null : html`aria-describedby="${ids.join(" ")}"`;
  const required = isRequired ? html`aria-required="true"` : null;
  return html`${required} ${fault === null ? null : html`aria-invalid="true"`} ${by}`;
}

/** What the owner sees right after registering: the only time that the link is shown. */
export function registeredContent(token: string): Html {
  return html`<div class="done" role="status">
      <h1>Đã nhận đăng ký</h1>
      <p>Cơ sở đang chờ cán bộ xã, phường duyệt.</p>
    </div>
    <h2>Liên kết riêng của cơ sở</h2>
    <p>
      Xin lưu lại liên kết này, vì chỉ hiện một lần. Ai có liên kết sẽ xem được số lượt ra vào và in
      được áp phích của cơ sở.
      <span class="en" lang="en">Keep this link: it is shown only once.</span>
    </p>
    <p class="number"><a href="${OWNER_PATH}/${token}">${OWNER_PATH}/${token}</a></p>`;
}
