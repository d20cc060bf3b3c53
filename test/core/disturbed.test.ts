import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { recognizeScan } from "#core/disturbed.ts";
import { recognize } from "#core/recognize.ts";
import type { Recognized } from "#core/recognize.ts";
import type { Scan } from "#core/scan.ts";
import type { KeyPress } from "#core/wedge-run.ts";
import { createWedgeDecoder } from "#core/wedge.ts";
import { press, timed, typed } from "../drivers/keys.ts";
import { throughUnikey } from "./fake-unikey.ts";
import type { TypingMethod } from "./fake-unikey.ts";
import { fixtureContext, scanFixtures } from "./scan-fixtures.ts";
import { madeUpNames } from "./vietnamese-names.ts";

const methods = ["telex", "vni"] as const;
const hexOf = (text: string) => Buffer.from(text.normalize("NFC"), "utf8").toString("hex");

/** The one scan in these keys, ended by Enter. */
function scanOf(keys: readonly KeyPress[]): Scan {
  const decoder = createWedgeDecoder("pressed");
  const enter = press("Enter", (keys.at(-1)?.timeMs ?? 0) + 8);
  const [burst, ...others] = [...keys, enter].flatMap((key) => decoder.press(key).bursts);
  if (burst?.kind !== "scan" || others.length > 0) throw new Error("not one scan");
  return { ...burst, atMs: 0, device: "wedge" };
}

const readThrough = (text: string, method: TypingMethod) =>
  recognizeScan(scanOf(throughUnikey(text, method)), fixtureContext);
const readPlain = (text: string) => recognize(new TextEncoder().encode(text), fixtureContext);
const reasonOf = (answer: Recognized) => (answer.kind === "damaged" ? answer.reason : answer.kind);

function insuranceCard(name: string, number: string, code = "DN4"): string {
  const address = hexOf("Tổ 5, Xã Thử, Huyện Mẫu");
  return `${code}${number.slice(0, 12)}|${hexOf(name)}|04/09/1985|1|${address}|79 - 043|01/07/2026|-|21/07/2026|7904${number.slice(2, 12)}|-|4|01/07/2030|1f2fa22c47f0babc-7102|$`;
}

const typeable = scanFixtures
  .filter(({ expect: { kind } }) => kind === "recognized")
  .map(({ id, text }) => ({ id, text: text ?? "" }))
  .filter(({ text }) => /^[\x20-\x7e]{8,}$/.test(text) && !text.startsWith("HC1"));

describe("a scan that an input method wrote into", () => {
  test.each(methods)("is repaired where it is a health-insurance card (%s)", (method) => {
    const card = insuranceCard("Nguyễn Thị Thuỳ Dưỡng", "790123456789");

    const answer = readThrough(card, method);

    expect(scanOf(throughUnikey(card, method)).bytes).not.toEqual(new TextEncoder().encode(card));
    expect(answer).toEqual(readPlain(card));
    expect(answer).toMatchObject({ credential: { name: "Nguyễn Thị Thuỳ Dưỡng" } });
  });

  test("has the digits of its number back where VNI made a tone of one", () => {
    const card = insuranceCard("Trần Văn Ẩn", "790123456789", "TE1");

    expect(readThrough(card, "vni")).toEqual(readPlain(card));
  });

  test("of every typeable card becomes the same person or is said to be the input method's", () => {
    const wrong: string[] = [];
    for (const { id, text } of typeable) {
      const plain = readPlain(text);
      for (const method of methods) {
        const answer = readThrough(text, method);
        if (reasonOf(answer) === "input-method-on") continue;
        if (answer.kind !== "recognized" || plain.kind !== "recognized") wrong.push(id);
        else if (answer.credential.identity !== plain.credential.identity) wrong.push(id);
      }
    }

    expect(typeable.length).toBeGreaterThan(30);
    expect(wrong).toEqual([]);
  });

  test("never becomes another person or another undoubted name, and most are repaired", () => {
    const names = madeUpNames(200, 7);
    let repaired = 0;
    names.forEach((name, index) => {
      const card = insuranceCard(name, `79${String(7_000_000_000 + index * 7_919)}`);
      const plain = readPlain(card);
      for (const method of methods) {
        const answer = readThrough(card, method);
        if (answer.kind !== "recognized") continue;
        const { identity, name: read, warnings } = answer.credential;
        expect(`bhyt:${identity.slice(-10)}`).toBe(
          plain.kind === "recognized" ? plain.credential.identity : "",
        );
        if (warnings.includes("name-needs-checking")) continue;
        expect(read).toBe(name.normalize("NFC"));
        repaired += 1;
      }
    });

    expect(repaired).toBeGreaterThan(350);
  });

  test("is the same health certificate, or none", () => {
    const certificates = scanFixtures.filter(
      ({ text = "", expect: { kind } }) => kind === "attachment" && /^[\x20-\x7e]+$/.test(text),
    );
    const answers = certificates.flatMap(({ text = "" }) =>
      methods.map((method) => ({ plain: readPlain(text), answer: readThrough(text, method) })),
    );
    const repaired = answers.filter(({ answer }) => answer.kind === "attachment");

    for (const { plain, answer } of repaired) expect(answer).toEqual(plain);
    expect(answers.length).toBeGreaterThan(3);
    expect(repaired).toHaveLength(answers.length);
  });

  test("of a chip card keeps its number; a name that both ways of typing explain is doubtful", () => {
    const answer = readThrough(
      "079085012345||Nguyeen Van Dduc|15031985|Nam|So 1|19042021",
      "telex",
    );

    expect(answer).toMatchObject({
      kind: "recognized",
      credential: { identity: "cccd:079085012345", birthDate: "1985-03-15" },
    });
  });

  test("whose corrections nothing explains is the input method's fault", () => {
    const keys = timed([
      ...typed("DN4790123456789|4ce"),
      press("Backspace", 0),
      press("", 0, { key: "đ" }),
      ...typed("1bb8774|04/09/1985|1|"),
    ]);

    expect(reasonOf(recognizeScan(scanOf(keys), fixtureContext))).toBe("input-method-on");
  });

  test("that may be one of two cards is neither", () => {
    const encoder = new TextEncoder();
    const bytes = encoder.encode("DN4790123456789|é");
    const cards = ["790123456789", "790123456780"].map((number) =>
      encoder.encode(insuranceCard("Trần Văn Ẩn", number)),
    );
    const read = (explanations: readonly Uint8Array[]) => {
      const interference = { kind: "input-method", explanations } as const;
      return recognizeScan({ bytes, atMs: 0, device: "wedge", interference }, fixtureContext);
    };

    expect(reasonOf(read(cards))).toBe("input-method-on");
    expect(reasonOf(read(cards.slice(1)))).toBe("recognized");
  });

  test("that may be two names of one person is that person, with a doubtful name", () => {
    const encoder = new TextEncoder();
    const [bytes, ...explanations] = ["Tô Văn Ẩn", "Tộ Văn Ẩn", "Tổ Văn Ẩn"].map((name) =>
      encoder.encode(insuranceCard(name, "790123456789")),
    );
    if (bytes === undefined) throw new Error("no card");
    const interference = { kind: "input-method", explanations } as const;
    const scan: Scan = { bytes, atMs: 0, device: "wedge", interference };

    expect(recognizeScan(scan, fixtureContext)).toMatchObject({
      kind: "recognized",
      credential: { identity: "bhyt:0123456789", warnings: ["name-needs-checking"] },
    });
  });

  test("that nobody knows is not kept: one wrong letter would make it another code", () => {
    expect(reasonOf(readThrough("KHAACH-0007-AA", "telex"))).toBe("input-method-on");
    expect(readPlain("KHAACH-0007-AA")).toMatchObject({ credential: { documentKind: "opaque" } });
  });

  test("without corrections is read as it stands", () => {
    for (const { id, text } of typeable) {
      expect(recognizeScan(scanOf(typed(text)), fixtureContext), id).toEqual(readPlain(text));
    }
  });

  test("of digits is not touched by any way of typing", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^\d{12,60}$/),
        fc.constantFrom(...methods),
        (digits, method) => {
          const scan = scanOf(throughUnikey(digits, method));
          expect(scan.interference).toBeUndefined();
          expect(new TextDecoder().decode(scan.bytes)).toBe(digits);
        },
      ),
    );
  });

  test("is explained key by key: one of the explanations is what was typed", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[0-9a-f]{8,80}$/),
        fc.constantFrom(...methods),
        (hex, method) => {
          const scan = scanOf(throughUnikey(`0790|${hex}`, method));
          if (scan.interference === undefined) return;
          const texts = scan.interference.explanations.map((bytes) =>
            new TextDecoder().decode(bytes),
          );
          expect(texts).toContain(`0790|${hex}`);
        },
      ),
      { numRuns: 500 },
    );
  });
});
