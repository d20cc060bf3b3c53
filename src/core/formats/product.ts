import { diagnosed, FOREIGN } from "#core/formats/answers.ts";
import { digitsOwner } from "#core/formats/digits.ts";
import type { Recognizer } from "#core/recognize.ts";

/** EAN-8, UPC-A or EAN-13 of something for sale. */
export const product: Recognizer = {
  format: "product",
  recognize: (scan, context) =>
    digitsOwner(scan, context.nowMs) === "product" ? diagnosed("product") : FOREIGN,
};
