/** Reading and checking health certificates: `HC1:` → base45 → zlib → COSE → CWT → certificate (docs/formats/hc1.md). */
import { inflateSync } from "node:zlib";
import type { PartialDate } from "#core/credential.ts";
import type {
  HealthCertificate,
  HealthCertificateReading,
  HealthEvent,
} from "#core/health-certificate.ts";
import type { DamageReason, RecognizeContext, SignatureCheck } from "#core/recognize.ts";
import { decodeBase45 } from "#sealing/base45.ts";
import { decodeCbor, isMap, isSignedBy, parseSignedMessage } from "#sealing/cose.ts";
import type { CborMap, SignedMessage } from "#sealing/cose.ts";
import type { TrustedSigner } from "#sealing/trust-list.ts";

/** The signed statement (CWT, RFC 8392) in the parts that matter. */
type Statement = Omit<HealthCertificate, "signature" | "isOutOfDate" | "isSignerOutOfDate">;

const PREFIX = "HC1:";
/** The largest certificates are 3 KB; what unpacks to more is made to fill our memory. */
const MAX_UNPACKED_BYTES = 64 * 1024;
const CLAIM_ISSUER = 1;
const CLAIM_EXPIRES = 4;
const CLAIM_HEALTH = -260;
const HEALTH_CERTIFICATE_V1 = 1;
const CLAIM_ISSUED = 6;
const MS_PER_SECOND = 1_000;
/** A certificate fresh from the printer may be ahead of a station whose clock is a little behind. */
const CLOCK_TOLERANCE_MS = 300_000;

/** A reader for {@link RecognizeContext} that trusts these signers and nobody else. */
export function createHealthCertificateReader(
  signers: readonly TrustedSigner[],
): NonNullable<RecognizeContext["readHealthCertificate"]> {
  return (text, nowMs) => readHealthCertificate(text, signers, nowMs);
}

function readHealthCertificate(
  text: string,
  signers: readonly TrustedSigner[],
  nowMs: number,
): HealthCertificateReading {
  const packed = decodeBase45(text.slice(PREFIX.length));
  if (packed === null) return { kind: "damaged", reason: "corrupt" };
  const unpacked = unpack(packed);
  if (typeof unpacked === "string") return { kind: "damaged", reason: unpacked };
  const parsed = parseCertificate(unpacked);
  if (parsed === null) return { kind: "damaged", reason: "corrupt" };
  const { message, statement } = parsed;
  const named = signersNamedBy(message, signers);
  const certificate = {
    ...statement,
    signature: checkSignature(message, statement, named),
    isOutOfDate: isOutside(statement.issuedAtMs, statement.expiresAtMs, nowMs),
    isSignerOutOfDate:
      named.length > 0 &&
      named.every((signer) => isOutside(signer.validFromMs, signer.validToMs, nowMs)),
  };
  return { kind: "read", certificate };
}

function isOutside(fromMs: number | null, toMs: number | null, nowMs: number): boolean {
  if (fromMs !== null && nowMs + CLOCK_TOLERANCE_MS < fromMs) return true;
  return toMs !== null && nowMs >= toMs;
}

function unpack(packed: Uint8Array): Uint8Array | DamageReason {
  try {
    return inflateSync(packed, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch (cause) {
    // zlib says so when the end is missing; everything else is damage within.
    const isCut = cause instanceof Error && "code" in cause && cause.code === "Z_BUF_ERROR";
    return isCut ? "too-short" : "corrupt";
  }
}

function parseCertificate(
  unpacked: Uint8Array,
): { readonly message: SignedMessage; readonly statement: Statement } | null {
  try {
    const message = parseSignedMessage(decodeCbor(unpacked));
    if (message === null) return null;
    const statement = parseStatement(decodeCbor(message.payload));
    return statement === null ? null : { message, statement };
  } catch (cause) {
    // The decoder names what is wrong with the bytes in words; for the guard all of it is a damaged code.
    if (cause instanceof Error) return null;
    throw cause;
  }
}

function signersNamedBy(
  message: SignedMessage,
  signers: readonly TrustedSigner[],
): readonly TrustedSigner[] {
  if (message.keyId === null) return [];
  const keyId = Buffer.from(message.keyId).toString("hex");
  return signers.filter((signer) => signer.keyId === keyId);
}

function checkSignature(
  message: SignedMessage,
  statement: Statement,
  named: readonly TrustedSigner[],
): SignatureCheck {
  if (named.length === 0) return "unknown-signer";
  const isValid = named.some(
    (signer) =>
      isSignedBy(message, signer.key) && (signer.mayIssue?.has(statement.event.kind) ?? true),
  );
  return isValid ? "valid" : "invalid";
}

function parseStatement(claims: unknown): Statement | null {
  if (!isMap(claims)) return null;
  const health = claims.get(CLAIM_HEALTH);
  const content = isMap(health) ? health.get(HEALTH_CERTIFICATE_V1) : null;
  if (!isMap(content)) return null;
  const event = parseEvent(content);
  if (event === null) return null;
  const issuer = claims.get(CLAIM_ISSUER);
  return {
    issuer: typeof issuer === "string" ? issuer : null,
    issuedAtMs: parseSeconds(claims.get(CLAIM_ISSUED)),
    expiresAtMs: parseSeconds(claims.get(CLAIM_EXPIRES)),
    name: parseName(content.get("nam")),
    birthDate: parseDate(content.get("dob")),
    event,
  };
}

/** The schema wants exactly one group with one entry: a certificate about several things is none. */
function parseEvent(content: CborMap): HealthEvent | null {
  const groups = ["v", "t", "r"].filter((group) => Array.isArray(content.get(group)));
  const [group] = groups;
  if (group === undefined || groups.length !== 1) return null;
  const entries: unknown = content.get(group);
  const [entry, ...others]: unknown[] = Array.isArray(entries) ? entries : [];
  if (!isMap(entry) || others.length > 0) return null;
  switch (group) {
    case "v": {
      const [dose, doses] = [parseCount(entry.get("dn")), parseCount(entry.get("sd"))];
      return { kind: "vaccination", on: parseDate(entry.get("dt")), dose, doses };
    }
    case "t":
      return { kind: "test", on: parseDate(entry.get("sc")) };
    default:
      return { kind: "recovery", on: parseDate(entry.get("fr")) };
  }
}

/** Family name, then given names; the transliterated pair where the other is missing. */
function parseName(names: unknown): string | null {
  if (!isMap(names)) return null;
  const [family, given] = [parseText(names.get("fn")), parseText(names.get("gn"))];
  const [plainFamily, plainGiven] = [parseText(names.get("fnt")), parseText(names.get("gnt"))];
  const name = [family || plainFamily, given || plainGiven].filter((part) => part !== "").join(" ");
  return name === "" ? null : name;
}

function parseText(value: unknown): string {
  if (typeof value !== "string") return "";
  return value.replaceAll("<", " ").normalize("NFC").replaceAll(/\s+/g, " ").trim();
}

function parseCount(value: unknown): number | null {
  return typeof value === "number" && Number.isInteger(value) ? value : null;
}

/** `2021-02-18`, `1985-03`, `1985`, or a time of which the day counts. */
function parseDate(value: unknown): PartialDate | null {
  if (typeof value !== "string") return null;
  return /^\d{4}(?:-\d{2}(?:-\d{2})?)?(?=$|T)/.exec(value)?.[0] ?? null;
}

function parseSeconds(value: unknown): number | null {
  const seconds = typeof value === "bigint" ? Number(value) : value;
  if (typeof seconds !== "number" || !Number.isFinite(seconds)) return null;
  return seconds * MS_PER_SECOND;
}
