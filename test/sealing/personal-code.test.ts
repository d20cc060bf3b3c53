import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BugError } from "#core/assert.ts";
import { mod97CheckDigits } from "#core/check-digits.ts";
import { recognize } from "#core/recognize.ts";
import type { Recognized } from "#core/recognize.ts";
import { keyPairFromSecret, toBase64url } from "#sealing/keys.ts";
import {
  createPersonalCodeCheck,
  makeCheckedCode,
  makeSignedCode,
  newPersonalNumber,
} from "#sealing/personal-code.ts";

const signer = keyPairFromSecret("ed25519", new Uint8Array(32).fill(9));
const statement = { number: "0085123400017", keyNumber: 42, issueDay: 2_519 };

function read(code: string): Recognized {
  return recognize(new TextEncoder().encode(code), {
    nowMs: Date.UTC(2026, 10, 24, 2),
    keepExtras: false,
    hashOpaque: (text) => `${text.length}`,
    checkPersonalCode: createPersonalCodeCheck([
      { number: 42, key: toBase64url(signer.publicKey) },
      { number: 43, key: "too-short" },
    ]),
  });
}

describe("a signed personal code", () => {
  test("has 183 digits and is read back with its number and issue day", () => {
    const code = makeSignedCode(statement, signer.privateKey);

    expect(code).toMatch(/^84262\d{178}$/);
    expect(read(code)).toMatchObject({
      kind: "recognized",
      credential: { identity: "tram:0085123400017", issuedOn: "2026-11-24", warnings: [] },
    });
  });

  test("of any statement is read back", () => {
    const number = fc.string({
      unit: fc.constantFrom(...Array.from("0123456789")),
      minLength: 13,
      maxLength: 13,
    });
    fc.assert(
      fc.property(number, fc.nat(2_519), (number, issueDay) => {
        const code = makeSignedCode({ number, keyNumber: 42, issueDay }, signer.privateKey);
        expect(read(code)).toMatchObject({ credential: { identity: `tram:${number}` } });
      }),
      { numRuns: 200 },
    );
  });

  test("is refused when any digit of the statement is changed and the check digits made right again", () => {
    const code = makeSignedCode(statement, signer.privateKey);

    for (let at = 5; at < 26; at += 1) {
      const digit = String((Number(code[at]) + 1) % 10);
      const body = code.slice(0, at) + digit + code.slice(at + 1, -2);
      const answer = read(body + mod97CheckDigits(body));
      const isKeyNumber = at >= 18 && at < 21;
      expect(answer).toMatchObject(
        isKeyNumber
          ? { kind: "recognized", credential: { warnings: ["unverified-signature"] } }
          : { kind: "damaged", reason: "bad-signature" },
      );
    }
  });

  test("of a key that was published in a wrong form counts as unverified", () => {
    const code = makeSignedCode({ ...statement, keyNumber: 43 }, signer.privateKey);

    expect(read(code)).toMatchObject({ credential: { warnings: ["unverified-signature"] } });
  });
});

describe("a checked personal code", () => {
  test("has 20 digits and is read back as unverified", () => {
    const code = makeCheckedCode(statement.number);

    expect(code).toMatch(/^84261\d{15}$/);
    expect(read(code)).toMatchObject({
      credential: { identity: "tram:0085123400017", warnings: ["unverified-signature"] },
    });
  });
});

describe("numbers", () => {
  test("have 13 digits whatever the random bytes are", () => {
    for (const byte of [0x00, 0x01, 0x7f, 0xff]) {
      const bytes = (count: number): Uint8Array => new Uint8Array(count).fill(byte);
      expect(newPersonalNumber({ bytes, fraction: () => 0 })).toMatch(/^\d{13}$/);
    }
  });

  test.each(["123", "12345678901234", "123456789012x"])(
    "of a wrong form are our bug: %s",
    (number) => {
      expect(() => makeCheckedCode(number)).toThrow(BugError);
      expect(() => makeSignedCode({ ...statement, number }, signer.privateKey)).toThrow(BugError);
    },
  );

  test("of keys and days that do not fit are our bug", () => {
    const { privateKey } = signer;
    expect(() => makeSignedCode({ ...statement, keyNumber: 1_000 }, privateKey)).toThrow(BugError);
    expect(() => makeSignedCode({ ...statement, issueDay: 100_000 }, privateKey)).toThrow(BugError);
    expect(() => makeSignedCode({ ...statement, issueDay: 1.5 }, privateKey)).toThrow(BugError);
  });
});
