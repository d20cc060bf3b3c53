import { hasMod97CheckDigits, mod97CheckDigits } from "#core/check-digits.ts";
import { credentialOf } from "#core/credential.ts";
import type { Credential } from "#core/credential.ts";
import { dayOfCode, isInFuture } from "#core/dates.ts";
import { damaged, FOREIGN, recognized } from "#core/formats/answers.ts";
import { digitsOwner, PERSONAL_CODE_MAGIC } from "#core/formats/digits.ts";
import { readCardFields } from "#core/formats/fields.ts";
import { mistypedDigits } from "#core/formats/layout.ts";
import type { Recognition, RecognizeContext, Recognizer } from "#core/recognize.ts";
import type { DecodedText } from "#core/text.ts";

/** Digits of a person's number in the province. */
export const PERSONAL_NUMBER_DIGITS = 13;
/** Largest key number and issue day that a code has room for. */
export const MAX_KEY_NUMBER = 999;
export const MAX_ISSUE_DAY = 99_999;

/** The statement that a signed code makes, before it is signed. */
export type CodeStatement = {
  /** 13 digits. */
  readonly number: string;
  /** Which of the province's keys signs, 0 to 999. */
  readonly keyNumber: number;
  /** Days since 2020-01-01, local. */
  readonly issueDay: number;
};

/** Signed message: this line, then the digits before the signature. */
const SIGNING_DOMAIN = "tramqr-personal-code-v1\n";
const SIGNATURE_BYTES = 64;
/** 2^512 has 155 decimal digits. */
const SIGNATURE_DIGITS = 155;

const CHECKED_LENGTH = 20;
const SIGNED_HEAD_LENGTH = 26;
const SIGNED_LENGTH = SIGNED_HEAD_LENGTH + SIGNATURE_DIGITS + 2;

/** The province's own personal code: digits only, check-digited or signed (docs/formats/personal-code.md). */
export const tram: Recognizer = { format: "tram", recognize: recognizeTram };

/** A check-digited code (version 1) of a 13-digit number: 20 digits. */
export function checkedCode(number: string): string {
  return withCheckDigits(`${PERSONAL_CODE_MAGIC}1${number}`);
}

/** The digits before the signature of a signed code (version 2). */
export function signedHead(statement: CodeStatement): string {
  const key = String(statement.keyNumber).padStart(3, "0");
  const day = String(statement.issueDay).padStart(5, "0");
  return `${PERSONAL_CODE_MAGIC}2${statement.number}${key}${day}`;
}

/** The text whose ASCII bytes are signed for a signed code that begins with `head`. */
export function signedMessage(head: string): string {
  return SIGNING_DOMAIN + head;
}

/** A signed code (version 2) from its head and the 64 bytes of its Ed25519 signature: 183 digits. */
export function signedCode(head: string, signature: Uint8Array): string {
  let value = 0n;
  for (const byte of signature) value = value * 256n + BigInt(byte);
  return withCheckDigits(head + String(value).padStart(SIGNATURE_DIGITS, "0"));
}

function recognizeTram(scan: DecodedText, context: RecognizeContext): Recognition {
  if (digitsOwner(scan, context.nowMs) === "tram") return readCode(scan.text, context);
  const mistyped = readCardFields(scan) === null ? mistypedDigits(scan.text) : null;
  if (mistyped === null || mistyped.count === 10 || mistyped.count === 12) return FOREIGN;
  return mistyped.isPersonalCode ? damaged(mistyped.reason) : FOREIGN;
}

function readCode(digits: string, context: RecognizeContext): Recognition {
  if (!digits.startsWith(PERSONAL_CODE_MAGIC)) return damaged("too-short");
  switch (digits.charAt(4)) {
    case "1":
      return readChecked(digits);
    case "2":
      return readSigned(digits, context);
    case "":
      return damaged("too-short");
    default:
      return damaged("newer-format");
  }
}

function readChecked(digits: string): Recognition {
  const damage = lengthDamage(digits, CHECKED_LENGTH);
  if (damage !== null) return damage;
  return recognized({ ...credentialFrom(digits), warnings: ["unverified-signature"] });
}

function readSigned(digits: string, context: RecognizeContext): Recognition {
  const damage = lengthDamage(digits, SIGNED_LENGTH);
  if (damage !== null) return damage;
  const head = digits.slice(0, SIGNED_HEAD_LENGTH);
  const signature = signatureBytes(digits.slice(SIGNED_HEAD_LENGTH, -2));
  if (signature === null) return damaged("bad-signature");
  const keyNumber = Number(head.slice(18, 21));
  const check = context.checkPersonalCode(keyNumber, signedMessage(head), signature);
  if (check === "invalid") return damaged("bad-signature");
  return recognized(signedCredential(head, check === "valid", context));
}

function signedCredential(
  head: string,
  isVerified: boolean,
  context: RecognizeContext,
): Credential {
  const issuedOn = dayOfCode(Number(head.slice(21)));
  const warnings: Credential["warnings"][number][] = [];
  if (!isVerified) warnings.push("unverified-signature");
  if (isInFuture(issuedOn, context.nowMs)) warnings.push("issue-date-in-future");
  return { ...credentialFrom(head), issuedOn, warnings };
}

function lengthDamage(digits: string, length: number): Recognition | null {
  if (digits.length < length) return damaged("too-short");
  if (!hasMod97CheckDigits(digits.slice(0, length))) return damaged("bad-check-digit");
  return digits.length > length ? damaged("two-cards") : null;
}

/** Null when the number is larger than 64 bytes can be. */
function signatureBytes(decimal: string): Uint8Array | null {
  let value = BigInt(decimal);
  const bytes = new Uint8Array(SIGNATURE_BYTES);
  for (let index = SIGNATURE_BYTES - 1; index >= 0; index -= 1) {
    bytes[index] = Number(value & 0xffn);
    value >>= 8n;
  }
  return value === 0n ? bytes : null;
}

function credentialFrom(digits: string): Credential {
  const number = digits.slice(5, 5 + PERSONAL_NUMBER_DIGITS);
  return credentialOf({ format: "tram", documentKind: "tram", identity: `tram:${number}`, number });
}

function withCheckDigits(digits: string): string {
  return digits + mod97CheckDigits(digits);
}
