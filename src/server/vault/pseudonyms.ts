import { createHmac } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { PERSONAL_NUMBER_DIGITS } from "#core/formats/tram.ts";
import { makeSignedCode } from "#sealing/personal-code.ts";
import { assert } from "#core/assert.ts";
import type { ProvinceSecrets } from "#server/vault/province-keys.ts";
import { subjectOf } from "#server/vault/subject.ts";

/** Who somebody claims to be, as far as a personal code depends on it. */
export type CodeHolder = {
  /** Canonical document: `cccd:…`. */
  readonly identity: string;
  /** Without marks, lower case. */
  readonly foldedName: string;
  /** ISO, may stop early. */
  readonly birthDate: string;
};

/**
 * What the rest of the server may ask of the vault's keys: pseudonyms and signed personal codes, and nothing that opens
 * a body. Asynchronous, because the vault may be another process.
 */
export type Pseudonyms = {
  subjectsOf(identities: readonly string[]): Promise<readonly Buffer[]>;
  /** A keyed hash of all that a holder claims, 16 bytes. */
  holderOf(holder: CodeHolder): Promise<Buffer>;
  /**
   * The 13-digit number of a holder: always the same for the same claim. Should another holder have it already, the next
   * `attempt` (0, 1, …) gives another one.
   */
  personalNumber(holder: CodeHolder, attempt: number): Promise<string>;
  /** The signed code of a number: 183 digits. `issueDay`: local days since 2020-01-01. */
  signCode(number: string, issueDay: number): Promise<string>;
};

const HOLDER_BYTES = 16;

/** The vault's keys in this process. */
export function createPseudonyms(
  secrets: Pick<ProvinceSecrets, "subjectKey" | "personalCodeKeys">,
): Pseudonyms {
  const { subjectKey } = secrets;
  const newest = secrets.personalCodeKeys.at(-1);
  assert(newest !== undefined, "a province has a key for personal codes");
  return {
    subjectsOf: async (identities) => identities.map((one) => subjectOf(one, subjectKey)),
    holderOf: async (holder) =>
      macOf("tramqr-code-holder-v1", holder, subjectKey).subarray(0, HOLDER_BYTES),
    async personalNumber(holder, attempt) {
      const mac = macOf(`tramqr-personal-number-v1:${attempt}`, holder, subjectKey);
      const number = mac.readBigUInt64BE() % 10n ** BigInt(PERSONAL_NUMBER_DIGITS);
      return String(number).padStart(PERSONAL_NUMBER_DIGITS, "0");
    },
    signCode: async (number, issueDay) =>
      makeSignedCode({ number, keyNumber: newest.number, issueDay }, newest.key.privateKey),
  };
}

function macOf(domain: string, holder: CodeHolder, key: KeyObject): Buffer {
  // As JSON, so that no two claims have the same bytes.
  const claim = JSON.stringify([holder.identity, holder.foldedName, holder.birthDate]);
  return createHmac("sha256", key).update(`${domain}\n`).update(claim, "utf8").digest();
}
