import { bhyt } from "#core/formats/bhyt.ts";
import { cccd } from "#core/formats/cccd.ts";
import { contact } from "#core/formats/contact.ts";
import { hc1 } from "#core/formats/hc1.ts";
import { link, place } from "#core/formats/link.ts";
import { national } from "#core/formats/national.ts";
import { opaque } from "#core/formats/opaque.ts";
import { payment } from "#core/formats/payment.ts";
import { product } from "#core/formats/product.ts";
import { tram } from "#core/formats/tram.ts";
import type { Recognizer } from "#core/recognize.ts";

/** Formats that know their own codes: of any text at most one of them is the owner, in whatever order they are asked. */
export const ownFormats: readonly Recognizer[] = [
  cccd,
  bhyt,
  national,
  tram,
  hc1,
  place,
  link,
  payment,
  contact,
  product,
];

/** Takes what nobody owns. */
export const lastResort: Recognizer = opaque;

/** Every format, in the order of asking, the most frequent first and the last resort last. */
export const allFormats: readonly Recognizer[] = [...ownFormats, lastResort];
