import { diagnosed, FOREIGN } from "#core/formats/answers.ts";
import type { Recognizer } from "#core/recognize.ts";

/** vCard (RFC 6350), MECARD (NTT DoCoMo) and BIZCARD. */
const CONTACT_START = /^(?:BEGIN:\s*VCARD|MECARD:|BIZCARD:)/i;

/** A business card. */
export const contact: Recognizer = {
  format: "contact",
  recognize: (scan) => (isContact(scan.text) ? diagnosed("contact") : FOREIGN),
};

/** True for the beginning of a business card, however it goes on. */
export function isContact(text: string): boolean {
  return CONTACT_START.test(text);
}
