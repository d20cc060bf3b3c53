import {
  CannotOpen,
  openMessage,
  recipientContext,
  sealMessage,
  senderContext,
} from "#sealing/hpke.ts";
import type { KeyPair } from "#sealing/keys.ts";

const INFO = Buffer.from("tramqr-escrow-v1");
const NO_DATA = new Uint8Array();
const ENCAPSULATED_BYTES = 32;

/**
 * The key of an entry book, sealed to the province: encapsulated key (32) ‖ ciphertext. With it the province can open the
 * book of a station whose own key is lost, and bring out what was not yet uploaded.
 */
export function sealEscrow(key: Uint8Array, province: Uint8Array, ephemeral: KeyPair): Uint8Array {
  const context = senderContext(province, ephemeral, INFO);
  return Buffer.concat([ephemeral.publicKey, sealMessage(context, 0, NO_DATA, key)]);
}

/** Opens an escrow file with the province's key. Throws {@link CannotOpen}. */
export function openEscrow(sealed: Uint8Array, province: KeyPair): Uint8Array {
  if (sealed.length <= ENCAPSULATED_BYTES) throw new CannotOpen("shorter than its key");
  const context = recipientContext(province, sealed.subarray(0, ENCAPSULATED_BYTES), INFO);
  return openMessage(context, 0, NO_DATA, sealed.subarray(ENCAPSULATED_BYTES));
}
