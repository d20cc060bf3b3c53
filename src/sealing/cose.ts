import { constants, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { decode, encode } from "cborg";

/** A CBOR map with its keys as they are. */
export type CborMap = ReadonlyMap<unknown, unknown>;

/** One signed message (COSE_Sign1, RFC 9052 §4.2), not yet verified. */
export type SignedMessage = {
  /** Exact bytes of the protected header: part of what is signed. */
  readonly protectedBytes: Uint8Array;
  /** Algorithm number of RFC 9053; null when the header names none. */
  readonly algorithm: number | null;
  readonly keyId: Uint8Array | null;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
};

const TAG_COSE_SIGN1 = 18;
const TAG_CWT = 61;
const HEADER_ALGORITHM = 1;
const HEADER_KEY_ID = 4;
const ES256 = -7;
const PS256 = -37;
/** RFC 8230 §2: as long as the hash. */
const PSS_SALT_BYTES = 32;

function untagged(content: () => unknown): unknown {
  return content();
}

/** Strict CBOR with maps kept as maps. Throws whatever the decoder says is wrong. */
export function decodeCbor(bytes: Uint8Array): unknown {
  const value: unknown = decode(bytes, {
    useMaps: true,
    rejectDuplicateMapKeys: true,
    tags: { 0: untagged, 1: untagged, [TAG_COSE_SIGN1]: untagged, [TAG_CWT]: untagged },
  });
  return value;
}

/** Decoded CBOR → a signed message; null when it is not one. */
export function parseSignedMessage(value: unknown): SignedMessage | null {
  if (!Array.isArray(value) || value.length !== 4) return null;
  const [protectedBytes, unprotected, payload, signature]: unknown[] = value;
  if (!isBytes(protectedBytes) || !isBytes(payload) || !isBytes(signature)) return null;
  const header = protectedBytes.length === 0 ? new Map() : decodeCbor(protectedBytes);
  if (!isMap(header) || !isMap(unprotected)) return null;
  const algorithm = header.get(HEADER_ALGORITHM) ?? unprotected.get(HEADER_ALGORITHM);
  // The protected key id counts when there are two (eHealth Network, "Electronic Health Certificates" §3.3).
  const keyId = header.get(HEADER_KEY_ID) ?? unprotected.get(HEADER_KEY_ID);
  return {
    protectedBytes,
    algorithm: typeof algorithm === "number" ? algorithm : null,
    keyId: isBytes(keyId) ? keyId : null,
    payload,
    signature,
  };
}

/** True when the key made the signature. Only ES256 and PS256 exist for health certificates. */
export function isSignedBy(message: SignedMessage, key: KeyObject): boolean {
  const signed = encode(["Signature1", message.protectedBytes, new Uint8Array(), message.payload]);
  const { algorithm, signature } = message;
  if (algorithm === ES256 && key.asymmetricKeyType === "ec") {
    return verify("sha256", signed, { key, dsaEncoding: "ieee-p1363" }, signature);
  }
  if (algorithm === PS256 && key.asymmetricKeyType === "rsa") {
    return verify("sha256", signed, pssKey(key), signature);
  }
  return false;
}

export function isMap(value: unknown): value is CborMap {
  return value instanceof Map;
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}

function pssKey(key: KeyObject): { key: KeyObject; padding: number; saltLength: number } {
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: PSS_SALT_BYTES };
}
