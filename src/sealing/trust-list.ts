import { createHash, X509Certificate } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { HealthEvent } from "#core/health-certificate.ts";

/** A signer of health certificates whom the station was told to trust. */
export type TrustedSigner = {
  /** First eight bytes of SHA-256 of the certificate, hex: how certificates name their signer. */
  readonly keyId: string;
  readonly key: KeyObject;
  readonly validFromMs: number;
  readonly validToMs: number;
  /** What it may sign; null when its certificate does not say, and then everything. */
  readonly mayIssue: ReadonlySet<HealthEvent["kind"]> | null;
};

/** A trust list without a certificate, or with one that cannot be read. */
export class BadTrustList extends Error {
  override readonly name = "BadTrustList";
}

const KEY_ID_BYTES = 8;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g;
/** Extended key usages of the EU's certificate governance; the second prefix is the one of its first months. */
const ISSUING_USAGE = /^1\.3\.6\.1\.4\.1\.(?:1847|0\.1847)\.2021\.1\.([123])$/;
const issuable: Readonly<Record<string, HealthEvent["kind"]>> = {
  "1": "test",
  "2": "vaccination",
  "3": "recovery",
};

/** PEM text with one or more certificates → signers. Throws {@link BadTrustList}. */
export function parseTrustList(pem: string): readonly TrustedSigner[] {
  return parseCertificates(pem).map(signerOf);
}

/** PEM text with one or more certificates. Throws {@link BadTrustList}. */
export function parseCertificates(pem: string): readonly X509Certificate[] {
  const certificates = [...pem.matchAll(CERTIFICATE)].map((match) => parseCertificate(match[1]));
  if (certificates.length === 0) throw new BadTrustList("no certificate in the trust list");
  return certificates;
}

function signerOf(certificate: X509Certificate): TrustedSigner {
  const digest = createHash("sha256").update(certificate.raw).digest();
  return {
    keyId: digest.subarray(0, KEY_ID_BYTES).toString("hex"),
    key: certificate.publicKey,
    validFromMs: Date.parse(certificate.validFrom),
    validToMs: Date.parse(certificate.validTo),
    mayIssue: usagesOf(certificate),
  };
}

function parseCertificate(base64: string | undefined): X509Certificate {
  try {
    return new X509Certificate(Buffer.from(base64 ?? "", "base64"));
  } catch (cause) {
    throw new BadTrustList("a certificate of the trust list cannot be read", { cause });
  }
}

function usagesOf(certificate: X509Certificate): ReadonlySet<HealthEvent["kind"]> | null {
  // Node types this as an array; without the extension it is undefined.
  const usages: readonly string[] | undefined = certificate.keyUsage;
  const kinds = (usages ?? []).flatMap((usage) => {
    const kind = issuable[ISSUING_USAGE.exec(usage)?.[1] ?? ""];
    return kind === undefined ? [] : [kind];
  });
  return kinds.length === 0 ? null : new Set(kinds);
}
