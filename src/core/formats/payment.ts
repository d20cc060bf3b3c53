import { diagnosed, FOREIGN } from "#core/formats/answers.ts";
import type { Recognizer } from "#core/recognize.ts";

/** EMVCo merchant-presented QR, on which VietQR rests: payload format 01, then the next two-digit tag and its length. */
const EMVCO_START = /^000201\d{4}/;
/** Shorter than any payment code: such digits are for the formats of numbers. */
const BARE_NUMBER = /^\d{1,14}$/;

/** A code for paying. */
export const payment: Recognizer = {
  format: "payment",
  recognize: (scan) => (isPayment(scan.text) ? diagnosed("payment") : FOREIGN),
};

/** True for the beginning of a payment code, however it goes on. */
export function isPayment(text: string): boolean {
  return EMVCO_START.test(text) && !BARE_NUMBER.test(text);
}
