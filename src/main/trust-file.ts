import { readFileSync } from "node:fs";
import type { X509Certificate } from "node:crypto";
import { fileURLToPath } from "node:url";
import { UsageError } from "#main/usage-error.ts";
import { BadTrustList, parseCertificates, parseTrustList } from "#sealing/trust-list.ts";
import type { TrustedSigner } from "#sealing/trust-list.ts";

/** PEM file with the one publicly known Vietnamese signer of health certificates (docs/formats/hc1.md). */
export const SHIPPED_TRUST_FILE = fileURLToPath(
  new URL("../../resources/trust/vn-moh-dsc.pem", import.meta.url),
);

/** The signers in a PEM file. Throws {@link UsageError} for one that cannot be read or holds no certificate. */
export function readTrustFile(path: string): readonly TrustedSigner[] {
  return readPem(path, parseTrustList);
}

/** The country signers in a PEM file; without a file nobody. Throws {@link UsageError} as {@link readTrustFile} does. */
export function readCountrySigners(path: string | null): readonly X509Certificate[] {
  return path === null ? [] : readPem(path, parseCertificates);
}

function readPem<T>(path: string, parse: (pem: string) => T): T {
  try {
    return parse(readFileSync(path, "utf8"));
  } catch (cause) {
    const isBad = cause instanceof BadTrustList;
    throw isBad ? notATrustList(path) : cannotRead(path, cause);
  }
}

function notATrustList(path: string): UsageError {
  return new UsageError(
    `Tệp ${path} không có chứng thư PEM nào đọc được.`,
    `${path} holds no readable PEM certificate.`,
  );
}

function cannotRead(path: string, cause: unknown): UsageError {
  const reason = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
  return new UsageError(
    `Không đọc được tệp ${path} (${reason}).`,
    `Cannot read ${path} (${reason}).`,
  );
}
