/** What reading a chip needs of cryptography; the core has none of its own. */
export type ChipCrypto = {
  sha1(bytes: Uint8Array): Uint8Array;
  sha256(bytes: Uint8Array): Uint8Array;
  /** Triple DES in CBC mode without padding; 24-byte key, 8-byte IV. */
  tripleDes(way: CipherWay, key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** AES in CBC mode without padding; key of 16, 24 or 32 bytes, 16-byte IV. */
  aes(way: CipherWay, key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** Cryptographically strong. */
  randomBytes(count: number): Uint8Array;
  /** The curve of a standardised parameter id (Doc 9303-11, 9.5.1); null: not one of ours. */
  curve(parameterId: number): ChipCurve | null;
};

export type CipherWay = "encrypt" | "decrypt";

/** A curve of prime order. Points are uncompressed (`04 x y`); every method throws for bytes that are no point of it. */
export type ChipCurve = {
  readonly generator: Uint8Array;
  /** A private number from 1 to the order less one, big endian. */
  randomScalar(): Uint8Array;
  multiply(point: Uint8Array, scalar: Uint8Array): Uint8Array;
  add(one: Uint8Array, other: Uint8Array): Uint8Array;
};
