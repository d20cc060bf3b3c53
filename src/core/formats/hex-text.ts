import { decodeStrictUtf8 } from "#core/text.ts";

const HEX = /^(?:[0-9a-f]{2})+$/i;

/**
 * Text that a card writes as hexadecimal UTF-8. Strict in both, because a wrong name cannot be told from a right one
 * by looking at it; null when either fails or when a control character is in it.
 */
export function decodeHexText(field: string): string | null {
  const hex = field.trim();
  if (!HEX.test(hex)) return null;
  const bytes = new Uint8Array(hex.length / 2);
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = 16 * hexDigitAt(hex, 2 * index) + hexDigitAt(hex, 2 * index + 1);
  }
  const text = decodeStrictUtf8(bytes);
  if (text === null || /\p{Cc}/u.test(text)) return null;
  return text.normalize("NFC").trim();
}

function hexDigitAt(hex: string, index: number): number {
  const unit = hex.charCodeAt(index);
  // 0-9 stand at 0x30, A-F at 0x41, a-f at 0x61.
  return unit <= 0x39 ? unit - 0x30 : (unit | 0x20) - 0x57;
}
