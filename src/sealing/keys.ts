import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import type { KeyObject } from "node:crypto";

/** The two curves in use: Ed25519 signs (RFC 8032), X25519 agrees on keys (RFC 7748). */
export type Curve = "ed25519" | "x25519";

/** A key pair whose public half travels as 32 raw bytes. */
export type KeyPair = { readonly publicKey: Uint8Array; readonly privateKey: KeyObject };

/** DER prefixes before the 32 raw key bytes (RFC 8410 §4 and §7). */
const spkiPrefix = {
  ed25519: Buffer.from("302a300506032b6570032100", "hex"),
  x25519: Buffer.from("302a300506032b656e032100", "hex"),
} as const;
const pkcs8Prefix = {
  ed25519: Buffer.from("302e020100300506032b657004220420", "hex"),
  x25519: Buffer.from("302e020100300506032b656e04220420", "hex"),
} as const;

const RAW_KEY_BYTES = 32;

/** A key's bytes have the wrong length or form. */
export class BadKey extends Error {
  override readonly name = "BadKey";
}

/** A new pair from the operating system's randomness. */
export function generateKeyPair(curve: Curve): KeyPair {
  const pair = curve === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("x25519");
  return { publicKey: rawPublicKey(pair.publicKey), privateKey: pair.privateKey };
}

/** The pair that belongs to 32 bytes of secret; for key files and for seeded simulations. */
export function keyPairFromSecret(curve: Curve, secret: Uint8Array): KeyPair {
  if (secret.length !== RAW_KEY_BYTES) throw new BadKey(`secret of ${secret.length} bytes`);
  const der = Buffer.concat([pkcs8Prefix[curve], secret]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return { publicKey: rawPublicKey(createPublicKey(privateKey)), privateKey };
}

/** The 32 secret bytes of a private key, for writing a key file. */
export function secretOfKey(privateKey: KeyObject): Uint8Array {
  const der = privateKey.export({ format: "der", type: "pkcs8" });
  return new Uint8Array(der.subarray(der.length - RAW_KEY_BYTES));
}

/** 32 raw bytes → a public key object. Throws {@link BadKey}. */
export function publicKeyFromRaw(curve: Curve, raw: Uint8Array): KeyObject {
  if (raw.length !== RAW_KEY_BYTES) throw new BadKey(`public key of ${raw.length} bytes`);
  const der = Buffer.concat([spkiPrefix[curve], raw]);
  return createPublicKey({ key: der, format: "der", type: "spki" });
}

/** Bytes as unpadded base64url, the form of keys and signatures on the wire. */
export function toBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

export function fromBase64url(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64url"));
}

function rawPublicKey(key: KeyObject): Uint8Array {
  const der = key.export({ format: "der", type: "spki" });
  return new Uint8Array(der.subarray(der.length - RAW_KEY_BYTES));
}
