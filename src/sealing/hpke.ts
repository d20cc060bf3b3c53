/**
 * HPKE base mode (RFC 9180): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. Our own, because the scan path must
 * seal without awaiting and every message must open alone; the tests prove it against an independent library
 * (docs/decisions/0006-own-hpke.md).
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  diffieHellman,
} from "node:crypto";
import type { KeyObject } from "node:crypto";
import { publicKeyFromRaw } from "#sealing/keys.ts";
import type { KeyPair } from "#sealing/keys.ts";

/** Key and nonce base of one HPKE context; message n uses the base nonce XOR n. */
export type HpkeContext = { readonly key: KeyObject; readonly baseNonce: Uint8Array };

/** A sealed message does not open: other key, other context, or damaged. */
export class CannotOpen extends Error {
  override readonly name = "CannotOpen";
}

const KEM_SUITE = Buffer.concat([Buffer.from("KEM"), Buffer.from([0x00, 0x20])]);
const HPKE_SUITE = Buffer.concat([
  Buffer.from("HPKE"),
  Buffer.from([0x00, 0x20, 0x00, 0x01, 0x00, 0x02]),
]);
const VERSION_LABEL = Buffer.from("HPKE-v1");
const NO_BYTES = Buffer.alloc(0);
const MODE_BASE = Buffer.from([0x00]);
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Sender's side: the context that an ephemeral pair shares with the recipient (RFC 9180 §5.1.1). */
export function senderContext(
  recipient: Uint8Array,
  ephemeral: KeyPair,
  info: Uint8Array,
): HpkeContext {
  const shared = diffieHellman({
    privateKey: ephemeral.privateKey,
    publicKey: publicKeyFromRaw("x25519", recipient),
  });
  return keySchedule(sharedSecret(shared, ephemeral.publicKey, recipient), info);
}

/** Recipient's side of {@link senderContext}, from the encapsulated (ephemeral public) key. */
export function recipientContext(
  recipient: KeyPair,
  encapsulated: Uint8Array,
  info: Uint8Array,
): HpkeContext {
  const shared = decapsulate(recipient.privateKey, encapsulated);
  return keySchedule(sharedSecret(shared, encapsulated, recipient.publicKey), info);
}

/** Message number `sequence` of a context: ciphertext followed by its 16-byte tag. */
export function sealMessage(
  context: HpkeContext,
  sequence: number,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv("aes-256-gcm", context.key, nonceFor(context, sequence));
  cipher.setAAD(aad);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Opens message number `sequence`. Throws {@link CannotOpen}. */
export function openMessage(
  context: HpkeContext,
  sequence: number,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array {
  if (sealed.length < TAG_BYTES) throw new CannotOpen("shorter than its tag");
  const end = sealed.length - TAG_BYTES;
  const cipher = createDecipheriv("aes-256-gcm", context.key, nonceFor(context, sequence));
  cipher.setAAD(aad);
  cipher.setAuthTag(sealed.subarray(end));
  try {
    return Buffer.concat([cipher.update(sealed.subarray(0, end)), cipher.final()]);
  } catch (cause) {
    throw new CannotOpen("wrong key or damaged", { cause });
  }
}

function decapsulate(privateKey: KeyObject, encapsulated: Uint8Array): Buffer {
  try {
    return diffieHellman({ privateKey, publicKey: publicKeyFromRaw("x25519", encapsulated) });
  } catch (cause) {
    throw new CannotOpen("not an encapsulated key", { cause });
  }
}

function sharedSecret(dh: Uint8Array, encapsulated: Uint8Array, recipient: Uint8Array): Buffer {
  const kemContext = Buffer.concat([encapsulated, recipient]);
  const prk = labeledExtract(KEM_SUITE, NO_BYTES, "eae_prk", dh);
  return labeledExpand(KEM_SUITE, prk, "shared_secret", kemContext, KEY_BYTES);
}

function keySchedule(shared: Uint8Array, info: Uint8Array): HpkeContext {
  const pskIdHash = labeledExtract(HPKE_SUITE, NO_BYTES, "psk_id_hash", NO_BYTES);
  const infoHash = labeledExtract(HPKE_SUITE, NO_BYTES, "info_hash", info);
  const context = Buffer.concat([MODE_BASE, pskIdHash, infoHash]);
  const secret = labeledExtract(HPKE_SUITE, shared, "secret", NO_BYTES);
  return {
    // As an object, because Node makes one of raw bytes for every message, at twice the cost of the cipher itself.
    key: createSecretKey(labeledExpand(HPKE_SUITE, secret, "key", context, KEY_BYTES)),
    baseNonce: labeledExpand(HPKE_SUITE, secret, "base_nonce", context, NONCE_BYTES),
  };
}

function labeledExtract(
  suite: Uint8Array,
  salt: Uint8Array,
  label: string,
  material: Uint8Array,
): Buffer {
  const labeled = Buffer.concat([VERSION_LABEL, suite, Buffer.from(label), material]);
  return createHmac("sha256", salt).update(labeled).digest();
}

/** HKDF-Expand for one block: every length here is at most 32, the size of a SHA-256 block of output. */
function labeledExpand(
  suite: Uint8Array,
  prk: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Buffer {
  const labeled = Buffer.concat([
    Buffer.from([0, length]),
    VERSION_LABEL,
    suite,
    Buffer.from(label),
    info,
  ]);
  const block = createHmac("sha256", prk)
    .update(labeled)
    .update(Buffer.from([1]))
    .digest();
  return block.subarray(0, length);
}

function nonceFor(context: HpkeContext, sequence: number): Buffer {
  const nonce = Buffer.from(context.baseNonce);
  const counter = Buffer.alloc(NONCE_BYTES);
  counter.writeBigUInt64BE(BigInt(sequence), NONCE_BYTES - 8);
  for (let index = 0; index < NONCE_BYTES; index += 1) {
    nonce[index] = (nonce[index] ?? 0) ^ (counter[index] ?? 0);
  }
  return nonce;
}
