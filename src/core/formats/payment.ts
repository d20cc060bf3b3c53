import { diagnosed, FOREIGN } from "#core/formats/answers.ts";
import type { Recognizer } from "#core/recognize.ts";

/**
 * EMVCo merchant-presented QR, on which VietQR rests: payload format 01, then the next two-digit tag and its
 * length. No province has 000 for its number, so no card begins like this.
 */
const EMVCO_START = /^000201\d{4}/;
/** A code for paying. */
export const payment: Recognizer = {
  format: "payment",
  recognize: (scan) => (isPayment(scan.text) ? diagnosed("payment") : FOREIGN),
};

/** True for the beginning of a payment code, however it goes on. */
export function isPayment(text: string): boolean {
  return EMVCO_START.test(text);
}
