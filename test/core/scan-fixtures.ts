import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { Credential } from "#core/credential.ts";
import type { DamageReason, ForeignReason, RecognizeContext } from "#core/recognize.ts";
import type { HealthCertificate } from "#core/health-certificate.ts";
import { createHealthCertificateReader } from "#sealing/health-certificate.ts";
import { keyPairFromSecret, toBase64url } from "#sealing/keys.ts";
import { createPersonalCodeCheck } from "#sealing/personal-code.ts";
import { parseTrustList } from "#sealing/trust-list.ts";

/** A made-up scan and what a station must make of it. `text` is sent as UTF-8, `hex` as it stands. */
export type ScanFixture = {
  readonly id: string;
  readonly note: string;
  readonly text?: string;
  readonly hex?: string;
  readonly expect: ExpectedScan;
};

export type ExpectedScan =
  | {
      readonly kind: "recognized";
      readonly format: string;
      readonly credential: Partial<Credential>;
    }
  | { readonly kind: "damaged"; readonly format: string; readonly reason: DamageReason }
  | {
      readonly kind: "attachment";
      readonly format: "hc1";
      readonly reason: ForeignReason;
      readonly certificate: Partial<HealthCertificate>;
    }
  | { readonly kind: "foreign"; readonly format: string | null; readonly reason: ForeignReason };

const FOLDER = "test/fixtures/scans";

/** The key pair that signed the personal codes of the fixtures, as key number 1. */
export const fixtureSigner = keyPairFromSecret("ed25519", new Uint8Array(32).fill(7));

/** A station on 24 November 2026 that keeps nothing it was not asked to. */
export const fixtureContext: RecognizeContext = {
  nowMs: Date.UTC(2026, 10, 24, 2),
  keepExtras: false,
  hashOpaque: (text) => createHash("sha256").update(text).digest("hex"),
  checkPersonalCode: createPersonalCodeCheck([
    { number: 1, key: toBase64url(fixtureSigner.publicKey) },
  ]),
  readHealthCertificate: createHealthCertificateReader(
    parseTrustList(readFileSync("test/fixtures/hc1/austria.pem", "utf8")),
  ),
};

/** Every fixture of every format, named `format/id`. */
export const scanFixtures: readonly ScanFixture[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".json"))
  .toSorted()
  .flatMap((name) => {
    const fixtures = JSON.parse(readFileSync(`${FOLDER}/${name}`, "utf8")) as ScanFixture[];
    return fixtures.map((fixture) => ({
      ...fixture,
      id: `${name.replace(".json", "")}/${fixture.id}`,
    }));
  });

export function bytesOf(fixture: ScanFixture): Uint8Array {
  if (fixture.hex !== undefined) return new Uint8Array(Buffer.from(fixture.hex, "hex"));
  return new TextEncoder().encode(fixture.text ?? "");
}

/** The whole scan behind `format/id`. */
export function fixtureBytes(id: string): Uint8Array {
  const fixture = scanFixtures.find((each) => each.id === id);
  if (fixture === undefined) throw new Error(`no fixture ${id}`);
  return bytesOf(fixture);
}
