import { credentialOf } from "#core/credential.ts";
import { FOREIGN, recognized } from "#core/formats/answers.ts";
import type { Recognizer } from "#core/recognize.ts";

const FEWEST_PRINTABLE = 6;
/** A code says something: a run of pipes or dashes is what a torn scan leaves. */
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;

/**
 * Any code that nobody else knows: kept as a keyed hash, never as text, so that the same badge is the same person.
 * Asked last, when every other format has answered "foreign".
 */
export const opaque: Recognizer = {
  format: "opaque",
  recognize(scan, context) {
    if (scan.printableCount < FEWEST_PRINTABLE || !LETTER_OR_DIGIT.test(scan.text)) return FOREIGN;
    return recognized(
      credentialOf({
        format: "opaque",
        documentKind: "opaque",
        identity: `opaque:${context.hashOpaque(scan.text)}`,
        number: null,
      }),
    );
  },
};
