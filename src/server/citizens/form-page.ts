import { faultSummary } from "#server/citizens/fault-summary.ts";
import { yesNo } from "#server/citizens/fields.ts";
import type { Field, FieldFault, Option } from "#server/citizens/fields.ts";
import type { Form } from "#server/citizens/forms.ts";
import { html } from "#server/citizens/html.ts";
import type { Html } from "#server/citizens/html.ts";
import type { FaultyField, Typed } from "#server/citizens/read-form.ts";
import { longest } from "#server/citizens/fields.ts";
import { faultWords, notice } from "#server/citizens/words.ts";

/** What a form's page shows besides the form. */
export type FormState = {
  /** Where it is sent. */
  readonly action: string;
  readonly token: string;
  /** The place as it is known to the citizen; null when none was named. */
  readonly place: { readonly code: string; readonly name: string | null } | null;
  /** What was typed before; nothing is lost by a mistake. */
  readonly typed: Typed;
  readonly faults: readonly FaultyField[];
  /** Something about the form as a whole, such as a token that is out of date. */
  readonly remark: string | null;
};

/** The questions of a form, in Vietnamese with English beside, for browsers with and without everything. */
export function formContent(form: Form, state: FormState): Html {
  return html`<h1>${form.vi}<span class="en" lang="en">${form.en}</span></h1>
    ${placeLine(state)} ${summary(form, state)}
    <p>${form.introduction}</p>
    <p class="notice">${notice}</p>
    <form method="post" action="${state.action}" accept-charset="utf-8" novalidate>
      <input type="hidden" name="token" value="${state.token}" />
      ${state.place === null ? null : html`<input type="hidden" name="place_code" value="${state.place.code}" />`}
      <p>Mục có dấu * phải điền.<span class="en" lang="en">Fields marked * are required.</span></p>
      ${form.fields.map((field) => fieldset(field, state))}
      <button type="submit">${form.submit}</button>
    </form>`;
}

function placeLine({ place }: FormState): Html | null {
  if (place === null) return null;
  if (place.name !== null) return html`<p>Địa điểm: <strong>${place.name}</strong></p>`;
  return html`<p class="notice">
    Mã địa điểm <strong>${place.code}</strong> chưa có tên trong danh sách của tỉnh. Quý vị vẫn có
    thể gửi; cán bộ sẽ kiểm tra mã này.
  </p>`;
}

function summary(form: Form, { faults, remark }: FormState): Html | null {
  if (faults.length === 0 && remark === null) return null;
  const inputs = form.fields.flatMap((field) => {
    const found = faults.find((one) => one.field === field.name);
    if (found === undefined) return [];
    return [{ input: firstInput(field), label: field.vi, words: faultWords[found.fault] }];
  });
  return faultSummary(inputs, remark);
}

function fieldset(field: Field, state: FormState): Html {
  const fault = state.faults.find((one) => one.field === field.name)?.fault ?? null;
  const typed = state.typed[field.name] ?? (fault === null ? (field.preset ?? "") : "");
  switch (field.kind) {
    case "yes-no":
      return choices(field, yesNo, typed, fault);
    case "choice":
      return choices(field, field.options ?? [], typed, fault);
    case "consent":
      return agreement(field, typed, fault);
    case "text":
      return single(
        field,
        fault,
        html`<textarea
          id="${field.name}"
          name="${field.name}"
          maxlength="${longest.text}"
          ${described(field, fault)}
        >
${typed}</textarea>`,
      );
    case "name":
    case "document":
    case "birth-date":
    case "phone":
    case "line":
      return single(field, fault, textInput(field, typed, fault));
  }
}

function textInput(field: Field, typed: string, fault: FieldFault | null): Html {
  const type = field.kind === "phone" ? "tel" : "text";
  const keys = field.kind === "birth-date" ? html` inputmode="numeric"` : null;
  return html`<input
    type="${type}"
    id="${field.name}"
    name="${field.name}"
    value="${typed}"
    autocomplete="${completions[field.kind] ?? "off"}"
    ${keys}${described(field, fault)}
  />`;
}

/** WHATWG autofill names; document numbers are not for a browser's memory. */
const completions: Partial<Record<Field["kind"], string>> = { name: "name", phone: "tel" };

function single(field: Field, fault: FieldFault | null, input: Html): Html {
  return html`<div class="field">
    <label for="${field.name}">${words(field)}</label>
    ${hint(field)}${faultLine(field, fault)}${input}
  </div>`;
}

function choices(
  field: Field,
  options: readonly Option[],
  typed: string,
  fault: FieldFault | null,
): Html {
  const inputs = options.map(
    ({ value, vi, en }, index) =>
      html`<label class="option"
        ><input
          type="radio"
          name="${field.name}"
          ${index === 0 ? html` id="${firstInput(field)}"` : null}
          value="${value}"
          ${value === typed ? html` checked` : null}
        /><span>${vi}<span class="en" lang="en">${en}</span></span></label
      >`,
  );
  return html`<fieldset class="field" ${described(field, fault)}>
    <legend>${words(field)}</legend>
    ${hint(field)}${faultLine(field, fault)}
    <div class="options">${inputs}</div>
  </fieldset>`;
}

function agreement(field: Field, typed: string, fault: FieldFault | null): Html {
  return html`<div class="field">
    ${faultLine(field, fault)}<label class="agree"
      ><input
        type="checkbox"
        id="${field.name}"
        name="${field.name}"
        value="yes"
        ${typed === "yes" ? html` checked` : null}${described(field, fault)}
      /><span>${words(field)}</span></label
    >
  </div>`;
}

function words({ vi, en, isRequired }: Field): Html {
  const mark = isRequired ? html` <strong aria-hidden="true">*</strong>` : null;
  return html`${vi}${mark}<span class="en" lang="en">${en}</span>`;
}

function hint(field: Field): Html | null {
  if (field.hint === undefined) return null;
  return html`<span class="hint" id="${field.name}-hint">${field.hint}</span>`;
}

function faultLine(field: Field, fault: FieldFault | null): Html | null {
  if (fault === null) return null;
  return html`<span class="fault" id="${field.name}-fault">${faultWords[fault]}</span>`;
}

function described(field: Field, fault: FieldFault | null): Html {
  const isGroup = field.kind === "choice" || field.kind === "yes-no";
  const ids = [
    ...(fault === null ? [] : [`${field.name}-fault`]),
    ...(field.hint === undefined ? [] : [`${field.name}-hint`]),
  ];
  const by = ids.length === 0 ? null : html` aria-describedby="${ids.join(" ")}"`;
  const isInvalid = fault !== null && !isGroup ? html` aria-invalid="true"` : null;
  return html`${field.isRequired && !isGroup ? html` aria-required="true"` : null}${isInvalid}${by}`;
}

/** Where the link of a summary leads. */
function firstInput(field: Field): string {
  return field.kind === "choice" || field.kind === "yes-no" ? `${field.name}-1` : field.name;
}
