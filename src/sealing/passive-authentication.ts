/** Whether a chip's content is what its issuer signed (Doc 9303-11, 5.1): hashes, signature, chain to a trusted country signer. */
import { createHash, X509Certificate } from "node:crypto";
import { parseMrz } from "#core/chip/mrz.ts";
import type { MachineReadableZone } from "#core/chip/mrz.ts";
import type { ChipFiles } from "#core/chip/read-chip.ts";
import { childrenOf, parseTlvs } from "#core/chip/tlv.ts";
import { hashNamed, isSignedWith, parseSignedContent } from "#sealing/cms.ts";
import type { SignedContent } from "#sealing/cms.ts";

/** What a chip's proof is worth. */
export type ChipProof =
  | {
      readonly kind: "genuine";
      readonly zone: MachineReadableZone;
      /** The signer's certificate is out of date; what it signed in its time still counts. */
      readonly isSignerOutOfDate: boolean;
    }
  /** Signed soundly, by nobody whom the trust list knows. */
  | { readonly kind: "unknown-signer"; readonly zone: MachineReadableZone }
  /** `unreadable`: not the files of a document; `content-changed`: not what was signed; `bad-signature`. */
  | {
      readonly kind: "forged";
      readonly reason: "unreadable" | "content-changed" | "bad-signature";
    };

const TAG_SOD = 0x77;
const TAG_DG1 = 0x61;
const TAG_MRZ = 0x5f1f;
const TAG_SEQUENCE = 0x30;
const DG1 = 1;

/** Checks what was read against the country signers (CSCA) of the trust list. `today` is the local day. */
export function authenticateChip(
  files: ChipFiles,
  countrySigners: readonly X509Certificate[],
  now: { readonly today: string; readonly nowMs: number },
): ChipProof {
  const [message] = childrenOf(files.sod, TAG_SOD) ?? [];
  const signed = message === undefined ? null : parseSignedContent(message.raw);
  const zone = zoneIn(files.dg1, now.today);
  if (signed === null || zone === null) return { kind: "forged", reason: "unreadable" };
  if (!isHashRight(signed.content, files.dg1)) return { kind: "forged", reason: "content-changed" };
  const signer = certificatesOf(signed).find((certificate) => isSignedWith(certificate, signed));
  if (signer === undefined) return { kind: "forged", reason: "bad-signature" };
  const isTrusted = countrySigners.some(
    (country) => signer.checkIssued(country) && signer.verify(country.publicKey),
  );
  if (!isTrusted) return { kind: "unknown-signer", zone };
  return { kind: "genuine", zone, isSignerOutOfDate: Date.parse(signer.validTo) < now.nowMs };
}

function zoneIn(dg1: Uint8Array, today: string): MachineReadableZone | null {
  const zone = childrenOf(dg1, TAG_DG1)?.find(({ tag }) => tag === TAG_MRZ);
  return zone === undefined ? null : parseMrz(Buffer.from(zone.value).toString("latin1"), today);
}

/** The signed list of hashes (LDSSecurityObject, Doc 9303-10, 4.6.2) must name data group 1 as it was read. */
function isHashRight(securityObject: Uint8Array, dg1: Uint8Array): boolean {
  const [, algorithm, list] = childrenOf(securityObject, TAG_SEQUENCE) ?? [];
  const hash = hashNamed(algorithm);
  if (hash === null || list === undefined) return false;
  const right = createHash(hash).update(dg1).digest();
  return (parseTlvs(list.value) ?? []).some((entry) => {
    const [group, digest] = parseTlvs(entry.value) ?? [];
    return group?.value.at(-1) === DG1 && digest !== undefined && right.equals(digest.value);
  });
}

/** Certificates that OpenSSL can read; what it cannot read has signed nothing for us. */
function certificatesOf(signed: SignedContent): readonly X509Certificate[] {
  return signed.certificates.flatMap((der) => {
    try {
      return [new X509Certificate(der)];
    } catch (cause) {
      if (cause instanceof Error) return [];
      throw cause;
    }
  });
}
