/** Making, signing and verifying the province's own personal codes. The digits: docs/formats/personal-code.md. */
import type { KeyObject } from "node:crypto";
import { assert } from "#core/assert.ts";
import {
  checkedCode,
  MAX_ISSUE_DAY,
  MAX_KEY_NUMBER,
  PERSONAL_NUMBER_DIGITS,
  signedCode,
  signedHead,
  signedMessage,
} from "#core/formats/tram.ts";
import type { CodeStatement } from "#core/formats/tram.ts";
import type { Random } from "#core/ports.ts";
import type { RecognizeContext } from "#core/recognize.ts";
import { fromBase64url } from "#sealing/keys.ts";
import { isSignatureValid, signMessage } from "#sealing/signature.ts";

/** A public key of the province by the number that codes name it by; base64url, raw Ed25519. */
export type PersonalCodeKey = { readonly number: number; readonly key: string };

/** A person's number for a new code: 13 random digits, so that nobody can guess a neighbour's. */
export function newPersonalNumber(random: Random): string {
  const wide = Buffer.from(random.bytes(8)).readBigUInt64BE();
  const number = wide % 10n ** BigInt(PERSONAL_NUMBER_DIGITS);
  return String(number).padStart(PERSONAL_NUMBER_DIGITS, "0");
}

/** Version 1, protected by check digits only: 20 digits. For where no signing key is at hand. */
export function makeCheckedCode(number: string): string {
  assertNumber(number);
  return checkedCode(number);
}

/** Version 2, signed by the province: 183 digits. */
export function makeSignedCode(statement: CodeStatement, privateKey: KeyObject): string {
  assertNumber(statement.number);
  assert(isUpTo(statement.keyNumber, MAX_KEY_NUMBER), "a key number has at most three digits");
  assert(isUpTo(statement.issueDay, MAX_ISSUE_DAY), "an issue day has at most five digits");
  const head = signedHead(statement);
  return signedCode(head, signMessage(Buffer.from(signedMessage(head), "ascii"), privateKey));
}

/** The check that recognisers ask for, against the province's published keys. A key of a wrong form counts as unknown. */
export function createPersonalCodeCheck(
  keys: readonly PersonalCodeKey[],
): RecognizeContext["checkPersonalCode"] {
  const byNumber = new Map(keys.map(({ number, key }) => [number, fromBase64url(key)]));
  return (keyNumber, message, signature) => {
    const key = byNumber.get(keyNumber);
    if (key?.length !== 32) return "unknown-signer";
    return isSignatureValid(Buffer.from(message, "ascii"), signature, key) ? "valid" : "invalid";
  };
}

function assertNumber(number: string): void {
  assert(/^\d{13}$/.test(number), "a personal number has 13 digits");
}

function isUpTo(value: number, maximum: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= maximum;
}
