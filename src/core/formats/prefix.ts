import { CERTIFICATE_PREFIX } from "#core/formats/certificate-prefix.ts";
import { isContact } from "#core/formats/contact.ts";
import { linkKindOf } from "#core/formats/link.ts";
import { isPayment } from "#core/formats/payment.ts";

/**
 * True when the first characters alone say whose a text is. Formats that are told apart by fields or by digits leave
 * such a text alone, whatever stands in the rest of it.
 */
export function hasOwnPrefix(text: string): boolean {
  return (
    CERTIFICATE_PREFIX.test(text) || isPayment(text) || isContact(text) || linkKindOf(text) !== null
  );
}
