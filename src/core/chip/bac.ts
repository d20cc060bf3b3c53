import type { ChipCrypto } from "#core/chip/chip-crypto.ts";
import { isEqual, tripleDesSuite } from "#core/chip/cipher-suite.ts";
import { mrzInformation } from "#core/chip/mrz.ts";
import type { ChipPassword } from "#core/chip/mrz.ts";
import type { SessionKeys } from "#core/chip/secure-messaging.ts";
import { concat } from "#core/chip/tlv.ts";

/** Basic access control (Doc 9303-11, 4.3): whoever knows the printed zone may talk to the chip. */
export type BasicAccess = {
  /** What EXTERNAL AUTHENTICATE sends. */
  readonly proof: Uint8Array;
  /** The session's keys from the chip's answer; null when it does not know the zone either. */
  finish(answer: Uint8Array): SessionKeys | null;
};

/** Bytes of the chip's challenge. */
export const CHALLENGE_BYTES = 8;
const KEY_BYTES = 16;
const CRYPTOGRAM_BYTES = 32;

/** The reader's side, after the chip's challenge. */
export function createBasicAccess(
  crypto: ChipCrypto,
  password: Extract<ChipPassword, { kind: "mrz" }>,
  challenge: Uint8Array,
): BasicAccess {
  const suite = tripleDesSuite(crypto);
  const seed = crypto.sha1(new TextEncoder().encode(mrzInformation(password))).subarray(0, 16);
  const [encryption, authentication] = [suite.derive(seed, 1), suite.derive(seed, 2)];
  const ours = crypto.randomBytes(CHALLENGE_BYTES);
  const ourKey = crypto.randomBytes(KEY_BYTES);
  const plain = concat(ours, challenge, ourKey);
  const cryptogram = suite.cipher("encrypt", encryption, null, plain);
  return {
    proof: concat(cryptogram, suite.token(authentication, cryptogram)),
    finish(answer) {
      const theirs = answer.subarray(0, CRYPTOGRAM_BYTES);
      const proof = answer.subarray(CRYPTOGRAM_BYTES);
      if (theirs.length !== CRYPTOGRAM_BYTES) return null;
      if (!isEqual(suite.token(authentication, theirs), proof)) return null;
      const said = suite.cipher("decrypt", encryption, null, theirs);
      if (!isEqual(said.subarray(0, 16), concat(challenge, ours))) return null;
      const theirKey = said.subarray(16);
      const secret = ourKey.map((byte, index) => byte ^ (theirKey[index] ?? 0));
      return {
        suite,
        encryption: suite.derive(secret, 1),
        authentication: suite.derive(secret, 2),
        counter: concat(challenge.subarray(4), ours.subarray(4)),
      };
    },
  };
}
