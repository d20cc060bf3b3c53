import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allFormats, ownFormats } from "#core/formats/index.ts";
import { recognize } from "#core/recognize.ts";
import type { Recognized } from "#core/recognize.ts";
import { decodeScan } from "#core/text.ts";
import { bytesOf, fixtureContext, scanFixtures } from "./scan-fixtures.ts";
import type { ScanFixture } from "./scan-fixtures.ts";

const IDENTITY =
  /^(cccd:\d{12}|bhyt:\d{10}|tram:\d{13}|cmnd:\d{9}|passport:[A-Z]\d{7,8}|qid:.{1,64}|opaque:[0-9a-f]{64})$/s;
const NO_IDENTITY = `opaque:${"0".repeat(64)}`;
const RUNS = 20_000;
const formatNames = new Set(allFormats.map((format) => format.format));
const payloads = scanFixtures.map(bytesOf);

const CARD_SIGNS = "0123456789|<$/-:.* aAeEdDfF\\]~'ễđĐ\u0301\u0000\r\n";

/** Bytes of any kind, the signs that cards are made of, and cards with pieces changed, lost, doubled and joined. */
const anyBytes = fc.uint8Array({ maxLength: 300 });
const cardSigns = fc
  .string({
    unit: fc.constantFrom(...Array.from(CARD_SIGNS)),
    maxLength: 200,
  })
  .map((text) => new TextEncoder().encode(text));
const damagedCards = fc
  .tuple(fc.constantFrom(...payloads), fc.constantFrom(...payloads), fc.nat(), fc.nat(), anyBytes)
  .map(([one, other, from, to, noise]) => {
    const start = one.subarray(0, from % (one.length + 1));
    const end = other.subarray(to % (other.length + 1));
    return Uint8Array.from([...start, ...noise.subarray(0, noise.length % 4), ...end]);
  });
const anyScan = fc.oneof(anyBytes, cardSigns, damagedCards);

function ownerCount(bytes: Uint8Array): number {
  const text = decodeScan(bytes);
  return ownFormats.filter((format) => format.recognize(text, fixtureContext).kind !== "foreign")
    .length;
}

function identityIn(answer: Recognized): string | null {
  return answer.kind === "recognized" ? answer.credential.identity : null;
}

describe("any bytes at all", () => {
  test(`never throw and always get one of the four answers (${RUNS} runs)`, () => {
    fc.assert(
      fc.property(anyScan, (bytes) => {
        const answer = recognize(bytes, fixtureContext);
        expect(answer.format === null || formatNames.has(answer.format)).toBe(true);
        expect(["recognized", "damaged", "foreign", "attachment"]).toContain(answer.kind);
        expect(identityIn(answer) ?? NO_IDENTITY).toMatch(IDENTITY);
      }),
      { numRuns: RUNS },
    );
  });

  test(`have at most one owner (${RUNS} runs)`, () => {
    fc.assert(
      fc.property(anyScan, (bytes) => {
        expect(ownerCount(bytes)).toBeLessThanOrEqual(1);
      }),
      { numRuns: RUNS },
    );
  });

  test("of the greatest length a scanner sends are answered as well", () => {
    for (const sign of ["|", "0", "\u0301", "HC1:", "đ", "é", "$|", "BEGIN:VCARD "]) {
      const bytes = new TextEncoder().encode(sign.repeat(4096)).subarray(0, 4096);
      expect(formatNames.has(recognize(bytes, fixtureContext).format ?? "opaque")).toBe(true);
    }
  });
});

/** Whole scans whose own digits hold two numbers of one person: cut after the first, that one is the answer. */
const ownOtherNumber: Readonly<Record<string, string>> = {
  "bhyt/mismatch": "bhyt:0123456789",
  "bhyt/twelve-in-9": "bhyt:0123456789",
};
/**
 * Scans whose first ten digits cannot be told from a social-insurance number: barcodes, which are read whole or not at
 * all, and codes that are damaged in another way already.
 */
const ambiguousWhenCut =
  /^product\/|\/(?:bad-ean|unknown-province|lost-digit|extra-digit|v2-tail|v3)$/;

function ownIdentities(fixture: ScanFixture, known: ReadonlySet<string>): ReadonlySet<string> {
  if (fixture.expect.kind !== "recognized") return known;
  const own = identityIn(recognize(bytesOf(fixture), fixtureContext)) ?? "";
  return new Set([own, ownOtherNumber[fixture.id] ?? own]);
}

describe("a scan that ends too early", () => {
  const cut = scanFixtures.filter((fixture) => !ambiguousWhenCut.test(fixture.id));
  const known = new Set(
    scanFixtures.map((fixture) => identityIn(recognize(bytesOf(fixture), fixtureContext)) ?? ""),
  );

  test.each(cut)("$id, cut at any byte, is nobody else", (fixture) => {
    const bytes = bytesOf(fixture);
    const own = ownIdentities(fixture, known);

    const identities = Array.from(bytes, (_, length) =>
      identityIn(recognize(bytes.subarray(0, length), fixtureContext)),
    );

    const others = identities.filter(
      (identity) => identity !== null && !identity.startsWith("opaque:") && !own.has(identity),
    );
    expect(others).toEqual([]);
  });
});
