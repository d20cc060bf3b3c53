import { execFileSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mrzCheckDigit } from "#core/chip/mrz.ts";
import type { ChipFiles } from "#core/chip/read-chip.ts";
import { tlv } from "#core/chip/tlv.ts";

/** Keys and signatures that a country may use, as OpenSSL names them. */
export const signatureKinds = {
  "ECDSA, P-256": { key: ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"], sign: [] },
  "ECDSA, brainpool": { key: ["ec", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"], sign: [] },
  "RSA, PKCS 1": { key: ["rsa:2048"], sign: [] },
  "RSA, PSS": { key: ["rsa:2048"], sign: ["-keyopt", "rsa_padding_mode:pss"] },
} as const;

/** A made-up country that signs made-up cards, with OpenSSL's own programs. */
export type Issuer = {
  readonly country: X509Certificate;
  /** PEM of the country's certificate. */
  readonly pem: string;
  issue(zone: string): ChipFiles;
  close(): void;
};

export function createIssuer(kind: keyof typeof signatureKinds): Issuer {
  const folder = mkdtempSync(join(tmpdir(), "tramqr-issuer-"));
  const path = (name: string) => join(folder, name);
  const openssl = (...args: readonly string[]) =>
    execFileSync("openssl", [...args], { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
  const { key, sign } = signatureKinds[kind];
  openssl(
    ..."req -x509 -nodes -days 3650 -subj /C=VN/O=Thu/CN=CSCA -keyout ca.key -out ca.pem -newkey".split(
      " ",
    ),
    ...key,
  );
  openssl(
    ..."req -nodes -subj /C=VN/O=Thu/CN=DS -keyout ds.key -out ds.csr -newkey".split(" "),
    ...key,
  );
  openssl(
    ..."x509 -req -in ds.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 1000 -out ds.pem".split(
      " ",
    ),
  );
  const pem = readFileSync(path("ca.pem"), "utf8");
  return {
    country: new X509Certificate(pem),
    pem,
    issue(zone) {
      const dg1 = tlv(0x61, tlv(0x5f1f, Buffer.from(zone, "latin1")));
      writeFileSync(path("lds"), securityObject(dg1));
      openssl(
        ..."cms -sign -binary -nodetach -nosmimecap -outform DER -econtent_type 2.23.136.1.1.1 -md sha256 -in lds -out sod -signer ds.pem -inkey ds.key".split(
          " ",
        ),
        ...sign,
      );
      return { dg1, sod: tlv(0x77, readFileSync(path("sod"))) };
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The zone of a made-up card: three lines of 30 signs. */
export function zoneOf(number: string, birth: string, expiry: string, name: string): string {
  const card = number.slice(-9);
  const upper = `IDVNM${card}${mrzCheckDigit(card)}${number}`.padEnd(30, "<");
  const dates = `${birth}${mrzCheckDigit(birth)}`;
  const until = `${expiry}${mrzCheckDigit(expiry)}`;
  const middle = `${dates}M${until}VNM`.padEnd(29, "<");
  const composite = mrzCheckDigit(
    upper.slice(5) + middle.slice(0, 7) + middle.slice(8, 15) + middle.slice(18, 29),
  );
  return `${upper}${middle}${composite}${name.padEnd(30, "<")}`;
}

function securityObject(dg1: Uint8Array): Uint8Array {
  const sha256 = tlv(0x30, tlv(0x06, Buffer.from("608648016503040201", "hex")), tlv(0x05));
  const digest = createHash("sha256").update(dg1).digest();
  const entry = tlv(0x30, tlv(0x02, Uint8Array.of(1)), tlv(0x04, digest));
  return tlv(0x30, tlv(0x02, Uint8Array.of(0)), sha256, tlv(0x30, entry));
}
