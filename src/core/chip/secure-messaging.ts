import { isEqual, padded, unpadded } from "#core/chip/cipher-suite.ts";
import type { CipherSuite } from "#core/chip/cipher-suite.ts";
import { commandBytes } from "#core/chip/command.ts";
import type { ChipAnswer, ChipCommand } from "#core/chip/command.ts";
import { concat, parseTlvs, tlv } from "#core/chip/tlv.ts";

/** What two sides share once they know each other. */
export type SessionKeys = {
  readonly suite: CipherSuite;
  readonly encryption: Uint8Array;
  readonly authentication: Uint8Array;
  /** Send sequence counter before the first message, one block long. */
  readonly counter: Uint8Array;
};

/** Commands and answers under one session's keys (Doc 9303-11, 9.8). Each message moves the counter: no message is used twice. */
export type SecureMessaging = {
  wrap(command: ChipCommand): Uint8Array;
  /** The answer inside; null when anything about it is not the chip's. */
  unwrap(answer: Uint8Array): ChipAnswer | null;
};

const TAG_CRYPTOGRAM = 0x87;
const TAG_MAC = 0x8e;
const TAG_EXPECTED = 0x97;
const TAG_STATUS = 0x99;
const SECURE = 0x0c;
/** Says that the cryptogram's plain text is padded. */
const PADDED = Uint8Array.of(1);

/** Begins to talk under these keys. */
export function createSecureMessaging(keys: SessionKeys): SecureMessaging {
  const { suite } = keys;
  let counter = keys.counter;
  const mac = (...parts: readonly Uint8Array[]) =>
    suite.mac(keys.authentication, padded(concat(counter, ...parts), suite.blockBytes));
  return {
    wrap(command) {
      counter = incremented(counter);
      const { ins, p1, p2, data, expected } = command;
      const cla = (command.cla ?? 0) | SECURE;
      const header = padded(Uint8Array.of(cla, ins, p1, p2), suite.blockBytes);
      const cryptogram = data === undefined ? new Uint8Array() : encrypted(keys, counter, data);
      const wanted =
        expected === undefined ? new Uint8Array() : tlv(TAG_EXPECTED, Uint8Array.of(expected));
      const proof = tlv(TAG_MAC, mac(header, cryptogram, wanted));
      const inside = concat(cryptogram, wanted, proof);
      return commandBytes({ cla, ins, p1, p2, data: inside, expected: 0 });
    },
    unwrap(answer) {
      counter = incremented(counter);
      const objects = parseTlvs(answer.subarray(0, -2));
      if (objects === null) return null;
      const find = (tag: number) => objects.find((object) => object.tag === tag);
      const [status, proof] = [find(TAG_STATUS), find(TAG_MAC)];
      if (status?.value.length !== 2 || proof === undefined) return null;
      const proved = objects.filter((object) => object.tag !== TAG_MAC).map(({ raw }) => raw);
      if (!isEqual(mac(...proved), proof.value)) return null;
      const data = decrypted(keys, counter, find(TAG_CRYPTOGRAM)?.value);
      const [high = 0, low = 0] = status.value;
      return data === null ? null : { data, status: high * 256 + low };
    },
  };
}

function encrypted(keys: SessionKeys, counter: Uint8Array, data: Uint8Array): Uint8Array {
  const { suite } = keys;
  const blocks = padded(data, suite.blockBytes);
  const cipher = suite.cipher("encrypt", keys.encryption, counter, blocks);
  return tlv(TAG_CRYPTOGRAM, PADDED, cipher);
}

function decrypted(
  { suite, encryption }: SessionKeys,
  counter: Uint8Array,
  cryptogram: Uint8Array | undefined,
): Uint8Array | null {
  if (cryptogram === undefined) return new Uint8Array();
  const [indicator, blocks] = [cryptogram[0], cryptogram.subarray(1)];
  if (indicator !== 1 || blocks.length === 0 || blocks.length % suite.blockBytes !== 0) return null;
  return unpadded(suite.cipher("decrypt", encryption, counter, blocks));
}

function incremented(counter: Uint8Array): Uint8Array {
  const next = counter.slice();
  for (let index = next.length - 1; index >= 0; index -= 1) {
    next[index] = ((next[index] ?? 0) + 1) & 0xff;
    if (next[index] !== 0) break;
  }
  return next;
}
