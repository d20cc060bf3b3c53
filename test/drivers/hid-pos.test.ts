import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createHidAssembler, isHidPosScanner, parseHidReports } from "#drivers/hid-pos.ts";
import { parseReport } from "#drivers/hid-report.ts";
import type { HidLayout } from "#drivers/hid-report.ts";
import { fromHex, reportsOf } from "./hid-reports.ts";

type Vector = {
  readonly name: string;
  readonly layout: HidLayout;
  readonly text?: string;
  readonly reports: readonly string[];
};

const { vectors } = JSON.parse(readFileSync("test/fixtures/hid-pos.json", "utf8")) as {
  readonly vectors: readonly Vector[];
};

/** What the last two reports of a captured command answer say; their vector carries no text. */
const CAPTURED_ANSWER = " Type: N/A   Revision: N/A   Serial Number: N/A   Checksum: N/A";

const textsOf = (reports: readonly Uint8Array[]) =>
  parseHidReports(reports).map((bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes));

const LAYOUTS: readonly HidLayout[] = ["A", "B", "C"];
const PERSON = "012345678901|012345678|Nguyễn Thị Thuỳ Dưỡng|01011990|Nữ|Thôn Mẫu, Xã Thử|01012021";
const NEXT = "079202000123||Trần Lê Minh Mẫu|24022002|Nam|Cẩm Mẫu, Cẩm Thử, Thạch Mẫu|31052021";
/** 112 bytes: two full reports. */
const EXACT =
  "012345678901|012345678|Nguyễn Văn Thử|01011990|Nam|Số 1 Đường Thử Nghiệm, Hà Nội.....|01012021";

/** Its first report ends between the bytes of the ữ. */
const CUT_INSIDE = "012345678901|012345678|Nguyễn Thị Mẫu|01011990|Nữ|Xã Xễ, Huyện Thử|01012021";
const none = new Uint8Array();

describe("the vectors of HID POS reports", () => {
  test.each(vectors.map((vector) => [vector.name, vector] as const))("%s", (_, vector) => {
    const reports = vector.reports.map(fromHex);

    expect(textsOf(reports)).toEqual([vector.text ?? CAPTURED_ANSWER]);
    expect(parseReport(reports[0] ?? new Uint8Array(), null)).toMatchObject({
      layout: vector.layout,
    });
  });

  test("there are nine of them", () => {
    expect(vectors).toHaveLength(9);
  });
});

describe.each(LAYOUTS)("HID POS layout %s", (layout) => {
  test("carries a card with Vietnamese letters through any number of reports", () => {
    for (const text of [NEXT.slice(0, 12), NEXT, PERSON, `${PERSON}${"ễ".repeat(300)}`]) {
      expect(textsOf(reportsOf(text, layout))).toEqual([text]);
    }
  });

  test("hands on a scan as soon as its last report is there", () => {
    const assembler = createHidAssembler();
    const reports = reportsOf(PERSON, layout);

    const frames = reports.map((report) => assembler.push(report).length);

    expect(frames).toEqual([...Array(reports.length - 1).fill(0), 1]);
    expect(assembler.isOpen()).toBe(false);
  });

  test("ends a scan of full reports at silence when its firmware always says that more follow", () => {
    const assembler = createHidAssembler();
    const reports = reportsOf(EXACT, layout, { neverEnds: true });

    expect(reports.flatMap((report) => assembler.push(report))).toEqual([]);
    expect(assembler.isOpen()).toBe(true);
    expect(assembler.silence()).toEqual([{ kind: "scan", bytes: new TextEncoder().encode(EXACT) }]);
  });

  test("ends a scan of full reports with an empty report", () => {
    const empty = new Uint8Array(64);
    empty[0] = 2;
    if (layout !== "B") empty.set(new TextEncoder().encode("]Q1"), layout === "A" ? 2 : 3);

    expect(textsOf([...reportsOf(EXACT, layout, { neverEnds: true }), empty])).toEqual([EXACT]);
    expect(textsOf([empty, ...reportsOf(NEXT, layout)])).toEqual([NEXT]);
  });

  test("drops a scan that falls silent inside a character, and reads the next person clean", () => {
    const assembler = createHidAssembler();
    const [first] = reportsOf(CUT_INSIDE, layout);

    const cut = assembler.push(first ?? none);
    const atSilence = assembler.silence();
    const next = reportsOf(NEXT, layout).flatMap((report) => assembler.push(report));

    expect(cut).toEqual([]);
    expect(atSilence).toEqual([{ kind: "dropped", reason: "torn", byteCount: 56 }]);
    expect(next).toEqual([{ kind: "scan", bytes: new TextEncoder().encode(NEXT) }]);
  });

  test("drops every scan that falls silent once the device has ended a scan of full reports properly", () => {
    const assembler = createHidAssembler();
    const neverEnds = reportsOf(EXACT, layout, { neverEnds: true });

    const before = [
      ...neverEnds.flatMap((report) => assembler.push(report)),
      ...assembler.silence(),
    ];
    const proper = reportsOf(EXACT, layout).flatMap((report) => assembler.push(report));
    const after = [
      ...neverEnds.flatMap((report) => assembler.push(report)),
      ...assembler.silence(),
    ];

    expect(before).toHaveLength(1);
    expect(before[0]?.kind).toBe("scan");
    expect(proper).toEqual(before);
    expect(after).toEqual([{ kind: "dropped", reason: "torn", byteCount: 112 }]);
  });

  test("drops a scan that falls silent after a report that was not full", () => {
    const assembler = createHidAssembler();
    const [report = none] = reportsOf("079202000123", layout);
    const goesOn = report.with(63, 1);

    expect(assembler.push(goesOn)).toEqual([]);
    expect(assembler.silence()).toEqual([{ kind: "dropped", reason: "torn", byteCount: 12 }]);
  });

  test("notices a lost end without a pause, by the character that it cut, and keeps the next person", () => {
    const [first] = reportsOf(CUT_INSIDE, layout);

    expect(textsOf([first ?? none, ...reportsOf(NEXT, layout)])).toEqual([NEXT]);
  });

  test("counts a report that is delivered twice once", () => {
    const reports = reportsOf(PERSON, layout).flatMap((report) => [report, report]);

    expect(textsOf(reports)).toEqual([PERSON]);
  });

  test("reads the same short code twice when it is scanned twice", () => {
    const reports = [...reportsOf("079202000123", layout), ...reportsOf("079202000123", layout)];

    expect(textsOf(reports)).toEqual(["079202000123", "079202000123"]);
  });

  test("strips the suffix that a scanner was set to, and nothing inside", () => {
    expect(textsOf(reportsOf("\x02một\r\nhai\t\r\n", layout))).toEqual(["một\r\nhai"]);
    expect(textsOf(reportsOf(" HC1:6BF +70 \r", layout))).toEqual([" HC1:6BF +70 "]);
  });

  test("drops a scan of nothing but pipes as noise", () => {
    const assembler = createHidAssembler();

    expect(reportsOf("||||", layout).flatMap((report) => assembler.push(report))).toEqual([
      { kind: "dropped", reason: "noise", byteCount: 4 },
    ]);
  });

  test("drops what is longer than any code can be, and reads the next card", () => {
    const numbers = Array.from({ length: 600 }, (_, number) => String(number).padStart(8, "0"));
    const endless = numbers.join("");

    const assembler = createHidAssembler();
    const frames = reportsOf(endless, layout).flatMap((report) => assembler.push(report));

    expect(frames).toEqual([{ kind: "dropped", reason: "oversize", byteCount: endless.length }]);
    expect(textsOf([...reportsOf(endless, layout), ...reportsOf(NEXT, layout)])).toEqual([NEXT]);
  });

  test("of any text of our cards' letters comes out as it went in", () => {
    const text = fc.string({
      unit: fc.constantFrom(...Array.from("0123456789|NguyễnThịỨừẫằĐđ, /-aXYZ")),
      minLength: 1,
      maxLength: 400,
    });
    fc.assert(
      fc.property(text, fc.boolean(), (content, neverEnds) => {
        const sent = `0${content}0`;
        expect(textsOf(reportsOf(sent, layout, { neverEnds }))).toEqual([sent]);
      }),
      { numRuns: 200 },
    );
  });

  test("never mixes two persons when reports are lost and there is a pause between them", () => {
    // Each person's letters are nobody else's, and no two reports of one person are alike.
    const alphabets = ["aễ012", "bữ345", "cợ678"].map((letters) => Array.from(letters));
    const persons = alphabets.map((letters) =>
      Array.from(
        { length: 120 },
        (_, index) => letters[((index * index * 7) % 5) ^ (index % 2)] ?? letters[0],
      ).join(""),
    );
    const sent = persons.map((person) => reportsOf(person, layout));
    const losses = fc.tuple(...sent.map((reports) => fc.subarray([...reports])));
    fc.assert(
      fc.property(losses, (arrived) => {
        const assembler = createHidAssembler();
        const texts = arrived.map((reports) =>
          [...reports.flatMap((report) => assembler.push(report)), ...assembler.silence()]
            .filter((frame) => frame.kind === "scan")
            .map(({ bytes }) => new TextDecoder().decode(bytes)),
        );

        texts.forEach((ofOne, person) => {
          const isWhole = arrived[person]?.length === sent[person]?.length;
          const foreign = Array.from(ofOne.join("")).filter(
            (letter) => letter !== "\ufffd" && !alphabets[person]?.includes(letter),
          );
          expect(foreign).toEqual([]);
          expect(ofOne).toEqual(isWhole ? [persons[person]] : ofOne.slice(0, 1));
        });
      }),
    );
  });

  test("takes a code of one repeated character at its length", () => {
    expect(textsOf(reportsOf("9".repeat(300), layout))).toEqual(["9".repeat(300)]);
  });
});

describe("HID POS reports of other kinds", () => {
  test("answers to menu commands are no scans, alone or in the middle of one", () => {
    const [first, ...rest] = reportsOf(PERSON, "A");
    const answer = reportsOf("REVINF: made up", "A", { aim: "]Z6" });

    expect(textsOf(answer)).toEqual([]);
    expect(textsOf([...(first ? [first] : []), ...answer, ...rest])).toEqual([PERSON]);
    expect(textsOf(reportsOf("]Z6REVINF: made up", "B"))).toEqual([]);
  });

  test("what is no scan, and what came twice, is dropped by name and can be counted", () => {
    const assembler = createHidAssembler();
    const [first = new Uint8Array(), ...rest] = reportsOf(PERSON, "A");
    const status = Uint8Array.of(3, 1, ...new Uint8Array(62));
    const answer = reportsOf("REVINF: made up", "A", { aim: "]Z6" });

    const frames = [status, ...answer, first, first, ...rest, ...rest.slice(-1)].flatMap((report) =>
      assembler.push(report),
    );

    expect(frames.map((frame) => (frame.kind === "scan" ? "scan" : frame.reason))).toEqual([
      "ignored",
      ...answer.map(() => "ignored"),
      "repeated",
      "scan",
      "repeated",
    ]);
  });

  test("a layout B scanner that sends AIM identifiers is not taken for layout A", () => {
    const text = `]Q1${PERSON}`;

    expect(textsOf(reportsOf(text, "B"))).toEqual([text]);
    expect(textsOf(reportsOf("]Q1079202000123", "B"))).toEqual(["]Q1079202000123"]);
  });

  test.each(["A", "C"] as const)(
    "a layout %s scanner may leave the AIM identifier empty",
    (layout) => {
      expect(textsOf(reportsOf(PERSON, layout, { aim: "\0\0\0" }))).toEqual([PERSON]);
    },
  );

  test("another kind of code in the middle of a scan means that its end was lost", () => {
    const [first] = reportsOf(PERSON, "A");

    expect(
      textsOf([...(first ? [first] : []), ...reportsOf("8934563138165", "A", { aim: "]E0" })]),
    ).toEqual(["8934563138165"]);
  });

  test("other report numbers are left alone; short or overlong ones end what is open", () => {
    const [first, ...rest] = reportsOf(PERSON, "A");
    const status = Uint8Array.of(3, 1, ...new Uint8Array(62));
    const overlong = Uint8Array.of(2, 57, ...new Uint8Array(62));
    const head = first ? [first] : [];

    expect(textsOf([...head, status, ...rest])).toEqual([PERSON]);
    expect(textsOf([...head, overlong, ...reportsOf(NEXT, "A")])).toEqual([NEXT]);
    expect(textsOf([...head, Uint8Array.of(2, 1), ...reportsOf(NEXT, "A")])).toEqual([NEXT]);
    expect(textsOf([])).toEqual([]);
  });

  test("of any bytes never throws", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 30 }), (reports) => {
        const marked = reports.map((report) => Uint8Array.of(2, ...report).slice(0, 64));
        expect(() => parseHidReports([...reports, ...marked])).not.toThrow();
      }),
    );
  });

  test("only page 0x8C, usage 2 is a scanner's interface", () => {
    expect(isHidPosScanner({ usagePage: 0x8c, usage: 2 })).toBe(true);
    expect(isHidPosScanner({ usagePage: 0x01, usage: 6 })).toBe(false);
    expect(isHidPosScanner({ usagePage: 0x8c, usage: 1 })).toBe(false);
  });
});
