import { checkField } from "#server/citizens/fields.ts";
import type { FieldFault } from "#server/citizens/fields.ts";
import type { Form } from "#server/citizens/forms.ts";

/** Answers as they were typed, by field. */
export type Typed = Readonly<Record<string, string>>;

/** Checked answers. */
export type Answers = {
  /** Of a field that the form requires. */
  of(name: string): string;
  /** Null when it was not answered. */
  find(name: string): string | null;
};

export type FaultyField = { readonly field: string; readonly fault: FieldFault };

export type ReadForm =
  | { readonly kind: "complete"; readonly answers: Answers }
  /** In the order of the form; never empty. */
  | { readonly kind: "faulty"; readonly faults: readonly FaultyField[] };

/** Checks all answers of a form. What the form does not ask for is not looked at. */
export function readForm(form: Form, typed: Typed, nowMs: number): ReadForm {
  const values = new Map<string, string>();
  const faults: FaultyField[] = [];
  for (const field of form.fields) {
    const text = Object.hasOwn(typed, field.name) ? (typed[field.name] ?? "") : "";
    const checked = checkField(field, text, nowMs);
    if (checked.kind === "fault") faults.push({ field: field.name, fault: checked.fault });
    else if (checked.value !== null) values.set(field.name, checked.value);
  }
  if (faults.length > 0) return { kind: "faulty", faults };
  const find = (name: string) => values.get(name) ?? null;
  return { kind: "complete", answers: { find, of: (name) => find(name) ?? "" } };
}
