import { damaged, diagnosed, FOREIGN } from "#core/formats/answers.ts";
import { CERTIFICATE_PREFIX } from "#core/formats/certificate-prefix.ts";
import { readCardFields } from "#core/formats/fields.ts";
import { hasOwnPrefix } from "#core/formats/prefix.ts";
import type { DamageReason, Recognition, RecognizeContext, Recognizer } from "#core/recognize.ts";
import type { DecodedText } from "#core/text.ts";

/** RFC 9285: the 45 signs, the space among them. */
const BASE45 = /^[0-9A-Z $%*+\-./:]*$/;
/** The rest of a certificate whose beginning is lost: long, nothing but those signs, and several that words lack. */
const FEWEST_TORN_SIGNS = 200;
const RARE_SIGNS = /(?:[^$%*+]*[$%*+]){5}/;

/** Health certificate (EU DCC): an attachment to a person (docs/formats/hc1.md). */
export const hc1: Recognizer = { format: "hc1", recognize: recognizeHc1 };

function recognizeHc1(scan: DecodedText, context: RecognizeContext): Recognition {
  const { text } = scan;
  const version = CERTIFICATE_PREFIX.exec(text)?.[1];
  if (version === undefined) return isTornCertificate(scan) ? damaged("too-short") : FOREIGN;
  if (version !== "1") return damaged("newer-format");
  const damage = signDamage(text);
  if (damage !== null) return damaged(damage);
  const reading = context.readHealthCertificate?.(text, context.nowMs);
  if (reading === undefined) return diagnosed("health-certificate");
  if (reading.kind === "read") return { kind: "attachment", certificate: reading.certificate };
  return damaged(hasSecondPrefix(text) ? "two-cards" : reading.reason);
}

/** What is wrong with the signs, before anybody decodes them. */
function signDamage(text: string): DamageReason | null {
  if (text.charAt(3) !== ":") return "wrong-layout";
  if (/\P{ASCII}/u.test(text)) return "input-method-on";
  if (text.includes("|")) return "two-cards";
  // Caps Lock turns every letter round; a layout changes the signs.
  return BASE45.test(text) ? null : "wrong-layout";
}

function hasSecondPrefix(text: string): boolean {
  return text.includes("HC1:", 1);
}

function isTornCertificate(scan: DecodedText): boolean {
  const { text } = scan;
  if (text.length < FEWEST_TORN_SIGNS || !BASE45.test(text) || !RARE_SIGNS.test(text)) return false;
  return !hasOwnPrefix(text) && readCardFields(scan) === null;
}
