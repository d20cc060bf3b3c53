import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSameName } from "#core/health-certificate.ts";
import type { HealthCertificate, HealthCertificateReading } from "#core/health-certificate.ts";
import { recognize } from "#core/recognize.ts";
import { decodeBase45 } from "#sealing/base45.ts";
import { createHealthCertificateReader } from "#sealing/health-certificate.ts";
import { BadTrustList, parseTrustList } from "#sealing/trust-list.ts";
import type { TrustedSigner } from "#sealing/trust-list.ts";
import { createCertificateMaker, textOf } from "./made-certificate.ts";

/** One case of the EU's public test data (test/fixtures/hc1/NOTICE). */
type Case = {
  readonly case: string;
  readonly qr: string;
  readonly certificate: string;
  readonly validationClock: string;
  readonly expected: Readonly<Record<string, boolean>>;
  readonly json?: { readonly nam: { fn: string; gn?: string }; readonly dob: string };
};

const cases = readFileSync("test/fixtures/hc1/dgc-testdata.ndjson", "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Case);
const [austria] = cases as [Case, ...Case[]];

function pemOf(base64: string): string {
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}

function readCase(
  each: Case,
  signers = parseTrustList(pemOf(each.certificate)),
): HealthCertificateReading {
  return createHealthCertificateReader(signers)(each.qr, Date.parse(each.validationClock));
}

function certificateOf(reading: HealthCertificateReading): HealthCertificate | null {
  return reading.kind === "read" ? reading.certificate : null;
}

/** Through the recogniser, as a scan comes: it is what looks at the prefix. */
function scanCase(each: Case): HealthCertificate | null {
  const answer = recognize(new TextEncoder().encode(each.qr), {
    nowMs: Date.parse(each.validationClock),
    keepExtras: false,
    hashOpaque: () => "",
    checkPersonalCode: () => "unknown-signer",
    readHealthCertificate: createHealthCertificateReader(parseTrustList(pemOf(each.certificate))),
  });
  return answer.kind === "attachment" ? answer.certificate : null;
}

/** What a station says, in the words of the test data. */
function verdictOf(each: Case): Readonly<Record<string, boolean>> {
  const certificate = scanCase(each);
  const isRead = certificate !== null;
  const isGood = certificate?.signature === "valid";
  return {
    EXPECTEDB45DECODE: isRead,
    EXPECTEDCOMPRESSION: isRead,
    EXPECTEDDECODE: isRead,
    EXPECTEDVALIDOBJECT: isRead,
    EXPECTEDVALIDJSON: isRead,
    EXPECTEDSCHEMAVALIDATION: isRead,
    EXPECTEDVERIFY: isGood,
    EXPECTEDKEYUSAGE: isGood,
    EXPECTEDEXPIRATIONCHECK: certificate?.isOutOfDate === false,
    EXPECTEDUNPREFIX: isRead,
    // About making the code and about its picture.
    EXPECTEDENCODE: true,
    EXPECTEDPICTUREDECODE: true,
  };
}

describe("the EU's test data", () => {
  test("is all there", () => {
    expect(cases.length).toBe(62);
  });

  test.each(cases)("$case is answered as expected", (each) => {
    expect(verdictOf(each)).toMatchObject(each.expected);
  });

  test.each(cases.filter((each) => each.json !== undefined && readCase(each).kind === "read"))(
    "$case gives the name and the birth date",
    (each) => {
      const certificate = certificateOf(readCase(each));
      const { fn, gn = "" } = each.json?.nam ?? { fn: "" };

      expect(isSameName(certificate?.name ?? "", `${gn} ${fn}`)).toBe(true);
      expect(certificate?.birthDate ?? "").toBe(each.json?.dob.slice(0, 10));
    },
  );

  test.each(cases)("$case without its signer is never valid", (each) => {
    const others = parseTrustList(readFileSync("resources/trust/vn-moh-dsc.pem", "utf8"));

    expect(certificateOf(readCase(each, others))?.signature ?? "unknown-signer").toBe(
      "unknown-signer",
    );
  });
});

describe("a signature", () => {
  test("by another key under the same key id is invalid", () => {
    const [signer] = parseTrustList(pemOf(austria.certificate));
    const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey;
    const forged: TrustedSigner = { ...(signer as TrustedSigner), key: stranger };

    expect(certificateOf(readCase(austria, [forged]))?.signature).toBe("invalid");
  });

  test("of the wrong kind for its signer is invalid", () => {
    const [signer] = parseTrustList(pemOf(austria.certificate));
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;

    expect(
      certificateOf(readCase(austria, [{ ...(signer as TrustedSigner), key: rsa }]))?.signature,
    ).toBe("invalid");
  });

  test("by a signer who may not issue this kind is invalid", () => {
    const [signer] = parseTrustList(pemOf(austria.certificate));
    const tester: TrustedSigner = { ...(signer as TrustedSigner), mayIssue: new Set(["test"]) };

    expect(certificateOf(readCase(austria, [tester]))?.signature).toBe("invalid");
  });

  test("stays valid when the signer is out of date, and says so", () => {
    const late = { ...austria, validationClock: "2026-11-24T02:00:00Z" };

    expect(certificateOf(readCase(late))).toMatchObject({
      signature: "valid",
      isOutOfDate: true,
      isSignerOutOfDate: true,
    });
  });
});

describe("a certificate made by us", () => {
  const now = Date.UTC(2026, 10, 24, 2);
  const { signer, made } = createCertificateMaker(now + 1);
  const shot = new Map<unknown, unknown>([
    ["dn", 2],
    ["sd", 2],
    ["dt", "2021-10-01"],
  ]);
  const names = new Map([
    ["fn", "NGUYỄN"],
    ["gn", "VĂN THỬ"],
  ]);

  function read(text: string): HealthCertificateReading {
    return createHealthCertificateReader([signer])(text, now);
  }

  test("without the tag, with a Vietnamese name, is read", () => {
    const text = made(
      new Map<string, unknown>([
        ["nam", names],
        ["dob", "1985"],
        ["v", [shot]],
      ]),
      [
        [4, now / 1000 + 60],
        [6, now / 1000 - 60],
      ],
    );

    expect(read(text)).toMatchObject({
      kind: "read",
      certificate: {
        signature: "valid",
        isOutOfDate: false,
        isSignerOutOfDate: false,
        issuer: "VN",
        name: "NGUYỄN VĂN THỬ",
        birthDate: "1985",
        event: { kind: "vaccination", on: "2021-10-01", dose: 2, doses: 2 },
      },
    });
  });

  test.each([
    [60, -60, false],
    [0, -60, true],
    [-1, -60, true],
    [60, 200, false],
    [60, 301, true],
  ])("that ends in %i s and was issued %i s from now: out of date %s", (exp, iat, expected) => {
    const text = made(
      new Map<string, unknown>([
        ["nam", names],
        ["v", [shot]],
      ]),
      [
        [4, now / 1000 + exp],
        [6, now / 1000 + iat],
      ],
    );

    expect(certificateOf(read(text))?.isOutOfDate).toBe(expected);
  });

  test("about nothing, about two things or about two of a kind is damaged", () => {
    for (const groups of [
      [],
      [
        ["v", [shot]],
        ["t", [shot]],
      ],
      [["v", [shot, shot]]],
      [["v", []]],
      [["v", ["x"]]],
    ]) {
      const text = made(
        new Map<string, unknown>([["nam", names], ...(groups as [string, unknown][])]),
      );
      expect(read(text)).toEqual({ kind: "damaged", reason: "corrupt" });
    }
  });

  test("that unpacks to more than a certificate can hold is damaged, and not unpacked", () => {
    const padded = new Map<string, unknown>([
      ["nam", names],
      ["v", [shot]],
      ["pad", "0".repeat(65_536)],
    ]);

    expect(read(made(padded))).toEqual({ kind: "damaged", reason: "corrupt" });
    expect(read(textOf(deflateSync(Buffer.alloc(50_000_000)))).kind).toBe("damaged");
  });
});

describe("damage", () => {
  test("at any byte of the text is never a valid certificate", () => {
    const signers = parseTrustList(pemOf(austria.certificate));
    const read = createHealthCertificateReader(signers);
    const alphabet = Array.from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:");

    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: austria.qr.length - 1 }),
        fc.constantFrom(...alphabet),
        (at, sign) => {
          fc.pre(austria.qr.charAt(at) !== sign);
          const text = austria.qr.slice(0, at) + sign + austria.qr.slice(at + 1);
          expect(certificateOf(read(text, 0))?.signature).not.toBe("valid");
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("that ends the text early says that it was read short, or that it is corrupt", () => {
    const read = createHealthCertificateReader([]);

    for (let length = 4; length < austria.qr.length; length += 1) {
      const reading = read(austria.qr.slice(0, length), 0);
      expect(reading).toMatchObject({ kind: "damaged" });
    }
  });

  test("of any other kind throws nothing", () => {
    const read = createHealthCertificateReader(parseTrustList(pemOf(austria.certificate)));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, isPacked) => {
        const text = textOf(isPacked ? deflateSync(bytes) : bytes);
        expect(["read", "damaged"]).toContain(read(text, 0).kind);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("base45", () => {
  test.each([
    ["BB8", "AB"],
    ["%69 VD92EX0", "Hello!!"],
    ["UJCLQE7W581", "base-45"],
    ["QED8WEX0", "ietf!"],
    ["", ""],
  ])("%s is %s, as in RFC 9285", (text, expected) => {
    expect(Buffer.from(decodeBase45(text) ?? []).toString()).toBe(expected);
  });

  test.each(["GGW", ":::", "::", "A", "ABCD", "aa8", "B_8"])("%s is refused", (text) => {
    expect(decodeBase45(text)).toBeNull();
  });
});

describe("a trust list", () => {
  test("of several certificates gives several signers", () => {
    const pem = pemOf(austria.certificate) + readFileSync("resources/trust/vn-moh-dsc.pem", "utf8");

    expect(parseTrustList(pem).map((signer) => signer.keyId)).toEqual([
      expect.stringMatching(/^[0-9a-f]{16}$/),
      // ZtJVElOdWm0=, as the Vietnamese signer is known abroad.
      "66d25512539d5a6d",
    ]);
  });

  test.each(["", "hello", pemOf("AAAA")])("that is none is refused: %j", (pem) => {
    expect(() => parseTrustList(pem)).toThrow(BadTrustList);
  });
});

describe("names", () => {
  test("are compared without marks and in any order", () => {
    expect(isSameName("NGUYEN VAN THU", "Nguyễn Văn Thử")).toBe(true);
    expect(isSameName("Văn Thử Nguyễn", "Nguyễn Văn Thử")).toBe(true);
    expect(isSameName("Nguyễn Văn Thử", "Nguyễn Văn Thu Hà")).toBe(false);
  });
});
