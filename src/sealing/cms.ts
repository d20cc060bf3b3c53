import { constants, createHash, verify } from "node:crypto";
import type { X509Certificate } from "node:crypto";
import { childrenOf, concat, onlyTlv, parseTlvs } from "#core/chip/tlv.ts";
import type { Tlv } from "#core/chip/tlv.ts";

/** A signed message (RFC 5652) in the parts that a document security object uses: one signer, content inside. */
export type SignedContent = {
  readonly content: Uint8Array;
  /** DER of the certificates that came along. */
  readonly certificates: readonly Uint8Array[];
  readonly signer: CmsSigner;
};

export type CmsSigner = {
  /** Name of the hash for node:crypto: `sha256`. */
  readonly digest: string;
  readonly scheme: SignatureScheme;
  /** The signed attributes as they are signed (a SET), or null when the content itself is. */
  readonly attributes: Uint8Array | null;
  readonly signature: Uint8Array;
};

type SignatureScheme = { readonly padding: "ecdsa" | "pkcs1" | "pss"; readonly hash: string };

const TAG = { integer: 0x02, octets: 0x04, oid: 0x06, sequence: 0x30, set: 0x31 } as const;
/** Explicit tags [0] and [1]. */
const TAG_0 = 0xa0;
const SIGNED_DATA = "2a864886f70d010702";
const MESSAGE_DIGEST = "2a864886f70d010904";

/** Object identifiers of hashes, as the hex of their bytes (RFC 5754). */
const hashes: Readonly<Record<string, string>> = {
  "2b0e03021a": "sha1",
  "608648016503040204": "sha224",
  "608648016503040201": "sha256",
  "608648016503040202": "sha384",
  "608648016503040203": "sha512",
};
/** Object identifiers of signatures; an empty hash is the message's own. */
const schemes: Readonly<Record<string, SignatureScheme>> = {
  "2a8648ce3d0401": { padding: "ecdsa", hash: "sha1" },
  "2a8648ce3d040301": { padding: "ecdsa", hash: "sha224" },
  "2a8648ce3d040302": { padding: "ecdsa", hash: "sha256" },
  "2a8648ce3d040303": { padding: "ecdsa", hash: "sha384" },
  "2a8648ce3d040304": { padding: "ecdsa", hash: "sha512" },
  "2a864886f70d010101": { padding: "pkcs1", hash: "" },
  "2a864886f70d010105": { padding: "pkcs1", hash: "sha1" },
  "2a864886f70d01010b": { padding: "pkcs1", hash: "sha256" },
  "2a864886f70d01010c": { padding: "pkcs1", hash: "sha384" },
  "2a864886f70d01010d": { padding: "pkcs1", hash: "sha512" },
  "2a864886f70d01010a": { padding: "pss", hash: "" },
};

/** Name of a hash for node:crypto from an AlgorithmIdentifier; null: none that is used. */
export function hashNamed(algorithm: Tlv | undefined): string | null {
  const [oid] = sequence(algorithm);
  return oid?.tag === TAG.oid ? (hashes[hexOf(oid.value)] ?? null) : null;
}

/** Takes a signed message apart; null when it is none, or signed in a way that is not used for documents. */
export function parseSignedContent(der: Uint8Array): SignedContent | null {
  const [type, wrapped] = childrenOf(der, TAG.sequence) ?? [];
  if (type === undefined || hexOf(type.value) !== SIGNED_DATA || wrapped?.tag !== TAG_0)
    return null;
  const [, , inside, ...rest] = childrenOf(wrapped.value, TAG.sequence) ?? [];
  const content = octetsIn(sequence(inside)[1]);
  const certificates = parseTlvs(rest.find(({ tag }) => tag === TAG_0)?.value ?? new Uint8Array());
  const signers = rest.find(({ tag }) => tag === TAG.set);
  const [only, ...others] = signers === undefined ? [] : (parseTlvs(signers.value) ?? []);
  const signer = others.length > 0 ? null : parseSigner(only);
  if (content === null || certificates === null || signer === null) return null;
  return { content, certificates: certificates.map(({ raw }) => raw), signer };
}

/** True when the signature is this certificate's, over this content. Never throws for what a chip says. */
export function isSignedWith(certificate: X509Certificate, signed: SignedContent): boolean {
  const { attributes, digest, scheme, signature } = signed.signer;
  if (attributes !== null && !isDigestRight(attributes, digest, signed.content)) return false;
  const message = attributes ?? signed.content;
  const padding =
    scheme.padding === "pss" ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  try {
    const key = certificate.publicKey;
    if (scheme.padding === "ecdsa") return verify(scheme.hash, message, key, signature);
    const saltLength = constants.RSA_PSS_SALTLEN_AUTO;
    return verify(scheme.hash, message, { key, padding, saltLength }, signature);
  } catch (cause) {
    // A key that cannot be read, or of another kind than the signature claims.
    if (cause instanceof Error) return false;
    throw cause;
  }
}

function isDigestRight(attributes: Uint8Array, digest: string, content: Uint8Array): boolean {
  const found = (childrenOf(attributes, TAG.set) ?? []).find((attribute) => {
    const [oid] = sequence(attribute);
    return oid !== undefined && hexOf(oid.value) === MESSAGE_DIGEST;
  });
  const [said] = parseTlvs(sequence(found)[1]?.value ?? new Uint8Array()) ?? [];
  const right = createHash(digest).update(content).digest();
  return said?.tag === TAG.octets && right.equals(said.value);
}

function parseSigner(info: Tlv | undefined): CmsSigner | null {
  const [, , digestAlgorithm, ...rest] = sequence(info);
  const digest = hashNamed(digestAlgorithm);
  const attributes = rest[0]?.tag === TAG_0 ? rest[0] : null;
  const [algorithm, signature] = attributes === null ? rest : rest.slice(1);
  if (digest === null || signature?.tag !== TAG.octets) return null;
  const scheme = schemeOf(algorithm, digest);
  if (scheme === null) return null;
  // Signed as a SET, sent under the tag [0] (RFC 5652, 5.4).
  const signed =
    attributes === null ? null : concat(Uint8Array.of(TAG.set), attributes.raw.subarray(1));
  return { digest, scheme, attributes: signed, signature: signature.value };
}

function schemeOf(algorithm: Tlv | undefined, digest: string): SignatureScheme | null {
  const [oid, parameters] = sequence(algorithm);
  const scheme = oid === undefined ? undefined : schemes[hexOf(oid.value)];
  if (scheme === undefined) return null;
  if (scheme.padding !== "pss") return scheme.hash === "" ? { ...scheme, hash: digest } : scheme;
  const named = sequence(parameters).find(({ tag }) => tag === TAG_0);
  // Without a name it is SHA-1 (RFC 4055, 3.1).
  const hash = named === undefined ? "sha1" : hashNamed(onlyTlv(named.value) ?? undefined);
  return hash === null ? null : { ...scheme, hash };
}

function octetsIn(wrapped: Tlv | undefined): Uint8Array | null {
  const inner = wrapped?.tag === TAG_0 ? onlyTlv(wrapped.value) : null;
  return inner?.tag === TAG.octets ? inner.value : null;
}

function sequence(object: Tlv | undefined): readonly Tlv[] {
  return object?.tag === TAG.sequence ? (parseTlvs(object.value) ?? []) : [];
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
