import { afterAll, describe, expect, test } from "vitest";
import * as fc from "fast-check";
import { parseMrz } from "#core/chip/mrz.ts";
import { readChip } from "#core/chip/read-chip.ts";
import { parseTlvs } from "#core/chip/tlv.ts";
import { chipCrypto } from "#sealing/chip-crypto.ts";
import { authenticateChip } from "#sealing/passive-authentication.ts";
import { parseSignedContent } from "#sealing/cms.ts";
import { createIssuer, signatureKinds, zoneOf } from "./issuer.ts";
import { createTestChip } from "./test-chip.ts";
import type { TestChipOptions } from "./test-chip.ts";

const now = { today: "2026-11-24", nowMs: Date.UTC(2026, 10, 24, 2) };
const zone = zoneOf("079085012345", "850315", "450315", "NGUYEN<<VAN<THU");
const mrz = {
  kind: "mrz",
  documentNumber: "085012345",
  birthDate: "850315",
  expiryDate: "450315",
} as const;
const can = { kind: "can", digits: "012345" } as const;
const issuers = Object.keys(signatureKinds).map((kind) => ({
  kind,
  issuer: createIssuer(kind as keyof typeof signatureKinds),
}));
const [first] = issuers;
if (first === undefined) throw new Error("no issuer");
const { issuer } = first;
const files = issuer.issue(zone);
afterAll(() => {
  for (const each of issuers) each.issuer.close();
});

const read = (options: Partial<TestChipOptions>, password: typeof mrz | typeof can) => {
  const chip = createTestChip({ files, password, access: "pace", ...options });
  return readChip(chip.transmit, password, chipCrypto);
};

describe("reading a chip", () => {
  test.each([
    ["PACE with the card access number", "pace", can],
    ["PACE with the printed zone", "pace", mrz],
    ["basic access control with the printed zone", "bac", mrz],
  ] as const)("by %s brings both files whole", async (_name, access, password) => {
    expect(await read({ access }, password)).toEqual({ kind: "read", files, access });
  });

  test("reads nothing in the clear but what everybody may read", async () => {
    const chip = createTestChip({ files, password: can, access: "pace" });
    await readChip(chip.transmit, can, chipCrypto);

    // Card access in four, agreement, four steps of PACE.
    expect(chip.counts.plain).toBeLessThanOrEqual(9);
    expect(chip.counts.secure).toBeGreaterThan(5);
  });

  test.each(["pace", "bac"] as const)("a wrong password opens nothing by %s", async (access) => {
    const chip = createTestChip({ files, password: mrz, access });
    const wrong = { ...mrz, documentNumber: "085012346" };

    expect(await readChip(chip.transmit, wrong, chipCrypto)).toEqual({
      kind: "failed",
      reason: "wrong-password",
    });
  });

  test("a card without the application is told apart", async () => {
    expect(
      await readChip(() => Promise.resolve(Uint8Array.of(0x6a, 0x82)), mrz, chipCrypto),
    ).toEqual({ kind: "failed", reason: "not-a-document" });
  });

  test("a changed byte anywhere in the talk is noticed, and ends it", async () => {
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, change) =>
        read(
          {
            access: "bac",
            onAnswer: (answer, number) =>
              number === change ? answer.map((byte, at) => (at === 0 ? byte ^ 1 : byte)) : answer,
          },
          mrz,
        ),
      ),
    );
    const believed = results.filter((result) => result.kind === "read");

    // Commands that do not come, and the first look for PACE, whose answer says only "not here".
    expect(believed.every((result) => result.files.dg1.length === files.dg1.length)).toBe(true);
    expect(results.filter((result) => result.kind === "failed").length).toBeGreaterThan(8);
  });

  test("a reader that loses the card throws, as it is told to", async () => {
    await expect(
      readChip(() => Promise.reject(new Error("card removed")), mrz, chipCrypto),
    ).rejects.toThrow("card removed");
  });
});

describe("passive authentication", () => {
  test.each(issuers)("believes what its country signed with $kind", ({ issuer: country }) => {
    expect(authenticateChip(country.issue(zone), [country.country], now)).toEqual({
      kind: "genuine",
      isSignerOutOfDate: false,
      zone: {
        issuer: "VNM",
        number: "079085012345",
        birthDate: "1985-03-15",
        sex: "male",
        name: "NGUYEN VAN THU",
      },
    });
  });

  test("keeps a signer of another country, and one without trust, apart from a forgery", () => {
    const others = issuers.slice(1).map((each) => each.issuer.country);

    expect(authenticateChip(files, others, now).kind).toBe("unknown-signer");
    expect(authenticateChip(files, [], now).kind).toBe("unknown-signer");
  });

  test("says when the signer is out of date", () => {
    const late = { today: "2036-11-24", nowMs: Date.UTC(2036, 0, 1) };

    expect(authenticateChip(files, [issuer.country], late)).toMatchObject({
      kind: "genuine",
      isSignerOutOfDate: true,
    });
  });

  test("another person's zone under a genuine signature is a forgery", () => {
    const other = issuer.issue(zoneOf("072303011829", "030321", "430321", "NGUYEN<<THI<MAU"));

    expect(authenticateChip({ dg1: other.dg1, sod: files.sod }, [issuer.country], now)).toEqual({
      kind: "forged",
      reason: "content-changed",
    });
  });

  test("every changed bit of the signed object is noticed, and nothing throws", () => {
    const changed = Array.from(files.sod, (_, at) => {
      const sod = files.sod.map((byte, index) => (index === at ? byte ^ 0x10 : byte));
      return authenticateChip({ ...files, sod }, [issuer.country], now).kind;
    });
    const believed = changed.filter((kind) => kind === "genuine").length;

    // Bytes that nobody signs: names of the signer beside its certificate, algorithm parameters.
    expect(believed / changed.length).toBeLessThan(0.2);
    expect(changed).toContain("forged");
  });

  test("anything else is unreadable", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(authenticateChip({ dg1: bytes, sod: bytes }, [], now).kind).toBe("forged");
        expect(parseSignedContent(bytes)).toBeNull();
        parseTlvs(bytes);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("the printed zone", () => {
  test("of a card is refused when any sign of it was misread", () => {
    const positions = [...zone.slice(0, 60).matchAll(/\d/g)].map(({ index }) => index);
    const misread = positions.map((at) => {
      const wrong = String((Number(zone.charAt(at)) + 1) % 10);
      return parseMrz(zone.slice(0, at) + wrong + zone.slice(at + 1), now.today);
    });

    expect(parseMrz(zone, now.today)?.name).toBe("NGUYEN VAN THU");
    expect(misread.every((result) => result === null)).toBe(true);
    expect(parseMrz(zone.slice(1), now.today)).toBeNull();
  });

  test("nobody is born after today", () => {
    const child = zoneOf("072326011829", "261124", "460321", "NGUYEN<<AN");
    const elder = zoneOf("072026011829", "261125", "460321", "NGUYEN<<AN");

    expect(parseMrz(child, now.today)?.birthDate).toBe("2026-11-24");
    expect(parseMrz(elder, now.today)?.birthDate).toBe("1926-11-25");
  });
});
