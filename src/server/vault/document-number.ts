import type { DocumentKind } from "#core/credential.ts";

/** Signs that people type or scan between digits. */
const SEPARATORS = /[\s.-]/g;
const CCCD = /^\d{12}$/;
/** Health insurance: ten digits, or the old code of 15 signs that ends in them. */
const BHYT = /^(?:[A-Z]{2}\d{3})?(\d{10})$/;

/** Whose number this is. */
export type NumberedDocument = {
  readonly identity: string;
  readonly documentKind: Extract<DocumentKind, "cccd" | "bhyt">;
};

/** The number alone: people write blanks, dots and hyphens between digits, and letters of either case. */
export function numberText(typed: string): string {
  return typed.replaceAll(SEPARATORS, "").toUpperCase();
}

/** Whose document has this number, as people write it. Null for anything else. */
export function documentOfNumber(typed: string): NumberedDocument | null {
  const document = numberText(typed);
  if (CCCD.test(document)) return { identity: `cccd:${document}`, documentKind: "cccd" };
  const number = BHYT.exec(document)?.[1];
  return number === undefined ? null : { identity: `bhyt:${number}`, documentKind: "bhyt" };
}
