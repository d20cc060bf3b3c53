import { concat } from "#core/chip/tlv.ts";
import type { ChipCrypto, CipherWay } from "#core/chip/chip-crypto.ts";

/** One of the ciphers that a chip and a reader talk under (Doc 9303-11, 9.7 and 9.8). Keys come from {@link CipherSuite.derive}. */
export type CipherSuite = {
  readonly blockBytes: number;
  /** Key derivation function: 1 encryption, 2 authentication, 3 a password. */
  derive(secret: Uint8Array, counter: 1 | 2 | 3): Uint8Array;
  /** Whole blocks under a key, and under the send sequence counter of the message; null: outside of secure messaging. */
  cipher(
    way: CipherWay,
    key: Uint8Array,
    counter: Uint8Array | null,
    bytes: Uint8Array,
  ): Uint8Array;
  /** Eight bytes over whole blocks. */
  mac(key: Uint8Array, blocks: Uint8Array): Uint8Array;
  /** Eight bytes over anything: what proves that both sides hold the key. */
  token(key: Uint8Array, bytes: Uint8Array): Uint8Array;
};

const DES_BLOCK_BYTES = 8;
const AES_BLOCK_BYTES = 16;
const MAC_BYTES = 8;

/** Triple DES with two keys and the retail MAC (ISO/IEC 9797-1, algorithm 3): basic access control, and old PACE. */
export function tripleDesSuite(crypto: ChipCrypto): CipherSuite {
  const zero = new Uint8Array(DES_BLOCK_BYTES);
  const des = (way: CipherWay, key: Uint8Array, bytes: Uint8Array) =>
    crypto.tripleDes(way, concat(key, key, key), zero, bytes);
  const mac = (key: Uint8Array, blocks: Uint8Array) => {
    const [first, second] = [key.subarray(0, 8), key.subarray(8)];
    const last = des("encrypt", first, blocks).subarray(-DES_BLOCK_BYTES);
    return des("encrypt", first, des("decrypt", second, last));
  };
  return {
    blockBytes: DES_BLOCK_BYTES,
    derive: (secret, counter) =>
      withOddParity(crypto.sha1(concat(secret, counterBytes(counter))).subarray(0, 16)),
    cipher: (way, key, _counter, bytes) =>
      crypto.tripleDes(way, concat(key, key.subarray(0, 8)), zero, bytes),
    mac,
    token: (key, bytes) => mac(key, padded(bytes, DES_BLOCK_BYTES)),
  };
}

/** AES with CMAC (RFC 4493), keys of 16, 24 or 32 bytes. */
export function aesSuite(crypto: ChipCrypto, keyBytes: 16 | 24 | 32): CipherSuite {
  const zero = new Uint8Array(AES_BLOCK_BYTES);
  const hash = keyBytes === 16 ? crypto.sha1 : crypto.sha256;
  const mac = (key: Uint8Array, bytes: Uint8Array) => cmac(crypto, key, bytes).slice(0, MAC_BYTES);
  return {
    blockBytes: AES_BLOCK_BYTES,
    derive: (secret, counter) => hash(concat(secret, counterBytes(counter))).slice(0, keyBytes),
    cipher(way, key, counter, bytes) {
      const iv = counter === null ? zero : crypto.aes("encrypt", key, zero, counter);
      return crypto.aes(way, key, iv, bytes);
    },
    mac,
    token: mac,
  };
}

/** ISO/IEC 9797-1, method 2: a one bit, then zeros to the end of the block; always at least the one. */
export function padded(bytes: Uint8Array, blockBytes: number): Uint8Array {
  const whole = new Uint8Array((Math.floor(bytes.length / blockBytes) + 1) * blockBytes);
  whole.set(bytes);
  whole[bytes.length] = 0x80;
  return whole;
}

/** Takes the padding off; null when there is none. */
export function unpadded(bytes: Uint8Array): Uint8Array | null {
  const end = bytes.findLastIndex((byte) => byte !== 0);
  return bytes[end] === 0x80 ? bytes.subarray(0, end) : null;
}

/** True when both are the same bytes. Takes the same time whatever differs. */
export function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  return (
    one.reduce((difference, byte, index) => difference | (byte ^ (other[index] ?? 0)), 0) === 0
  );
}

function counterBytes(counter: number): Uint8Array {
  return Uint8Array.of(0, 0, 0, counter);
}

/** DES ignores the lowest bit of each byte; the standard sets it so that the number of ones is odd. */
function withOddParity(key: Uint8Array): Uint8Array {
  return key.map((byte) => {
    let ones = 0;
    for (let bit = 1; bit < 8; bit += 1) ones += (byte >> bit) & 1;
    return (byte & 0xfe) | (ones % 2 === 0 ? 1 : 0);
  });
}

function cmac(crypto: ChipCrypto, key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const zero = new Uint8Array(AES_BLOCK_BYTES);
  const whole = doubled(crypto.aes("encrypt", key, zero, zero));
  const isWhole = bytes.length > 0 && bytes.length % AES_BLOCK_BYTES === 0;
  const blocks = isWhole ? bytes.slice() : padded(bytes, AES_BLOCK_BYTES);
  const mask = isWhole ? whole : doubled(whole);
  const lastAt = blocks.length - AES_BLOCK_BYTES;
  mask.forEach((byte, index) => {
    blocks[lastAt + index] = (blocks[lastAt + index] ?? 0) ^ byte;
  });
  return crypto.aes("encrypt", key, zero, blocks).subarray(-AES_BLOCK_BYTES);
}

/** Twice the block in the field of RFC 4493, 2.3. */
function doubled(block: Uint8Array): Uint8Array {
  const twice = block.map((byte, index) => ((byte << 1) | ((block[index + 1] ?? 0) >> 7)) & 0xff);
  if (((block[0] ?? 0) & 0x80) !== 0) twice[15] = (twice[15] ?? 0) ^ 0x87;
  return twice;
}
