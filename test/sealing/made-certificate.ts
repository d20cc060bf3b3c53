import { createSign, generateKeyPairSync } from "node:crypto";
import { deflateSync } from "node:zlib";
import { encode } from "cborg";
import type { TrustedSigner } from "#sealing/trust-list.ts";

/** A made-up authority that signs health certificates of made-up people. */
export type CertificateMaker = {
  readonly signer: TrustedSigner;
  /** Text of a certificate with this content (claim −260 → 1) and these further claims. */
  made(health: unknown, claims?: readonly [number, unknown][]): string;
};

/** ES256, as Vietnam's. The signer's own dates end at `validToMs`. */
export function createCertificateMaker(validToMs: number): CertificateMaker {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const keyId = "0102030405060708";
  return {
    signer: { keyId, key: publicKey, validFromMs: 0, validToMs, mayIssue: null },
    made(health, claims = []) {
      const content = new Map<number, unknown>([
        [1, "VN"],
        ...claims,
        [-260, new Map([[1, health]])],
      ]);
      const header = encode(
        new Map<number, unknown>([
          [1, -7],
          [4, Buffer.from(keyId, "hex")],
        ]),
      );
      const payload = encode(content);
      const toSign = encode(["Signature1", header, new Uint8Array(), payload]);
      const signature = createSign("sha256")
        .update(toSign)
        .sign({ key: privateKey, dsaEncoding: "ieee-p1363" });
      return textOf(deflateSync(encode([header, new Map(), payload, signature])));
    },
  };
}

/** Content of a certificate of the second of two doses. */
export function vaccinationOf(family: string, given: string, birthDate: string): unknown {
  return new Map<string, unknown>([
    [
      "nam",
      new Map([
        ["fn", family],
        ["gn", given],
      ]),
    ],
    ["dob", birthDate],
    [
      "v",
      [
        new Map<string, unknown>([
          ["dn", 2],
          ["sd", 2],
          ["dt", "2021-10-01"],
        ]),
      ],
    ],
  ]);
}

/** Bytes as `HC1:` text. */
export function textOf(bytes: Uint8Array): string {
  const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
  let text = "HC1:";
  for (let index = 0; index < bytes.length; index += 2) {
    const isPair = index + 1 < bytes.length;
    let value = isPair ? (bytes[index] ?? 0) * 256 + (bytes[index + 1] ?? 0) : (bytes[index] ?? 0);
    for (let count = isPair ? 3 : 2; count > 0; count -= 1) {
      text += alphabet.charAt(value % 45);
      value = Math.floor(value / 45);
    }
  }
  return text;
}
