import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_SCAN_BYTES } from "#core/scan.ts";
import { createWedgeDecoder } from "#core/wedge.ts";
import type { KeyPress, WedgeBurst } from "#core/wedge-run.ts";
import type { WedgeDecoder } from "#core/wedge.ts";
import { throughUnikey } from "../core/fake-unikey.ts";
import { altCode, press, timed, typed } from "./keys.ts";

const CARD = "079202000123||Tran Le Minh Mau|24022002|Nam|Cam Mau, Ha Noi|31052021";
const enter = (timeMs: number) => press("Enter", timeMs, { key: "Enter" });

function pressAll(decoder: WedgeDecoder, keys: readonly KeyPress[]) {
  const answers = keys.map((key) => decoder.press(key));
  return {
    bursts: answers.flatMap(({ bursts }) => bursts),
    swallowed: answers.map(({ isSwallowed }) => isSwallowed),
  };
}

const textOf = (burst: WedgeBurst) =>
  burst.kind === "scan"
    ? new TextDecoder("utf-8", { fatal: true }).decode(burst.bytes)
    : burst.reason;

/** The scans in keys that are followed by silence. */
function burstsOf(keys: readonly KeyPress[]): readonly WedgeBurst[] {
  const decoder = createWedgeDecoder("pressed");
  return [...pressAll(decoder, keys).bursts, ...decoder.silence()];
}

const endOf = (keys: readonly KeyPress[]) => (keys.at(-1)?.timeMs ?? 0) + 8;

describe("the wedge decoder", () => {
  test.each(["Enter", "NumpadEnter", "Tab"])("reads a card that ends with %s at once", (code) => {
    const keys = typed(CARD);

    const { bursts, swallowed } = pressAll(createWedgeDecoder("pressed"), [
      ...keys,
      press(code, endOf(keys)),
    ]);

    expect(bursts).toEqual([{ kind: "scan", bytes: new TextEncoder().encode(CARD) }]);
    expect(swallowed.slice(0, 3)).toEqual([false, false, false]);
    expect(swallowed.slice(3).every(Boolean)).toBe(true);
  });

  test("reads every printable ASCII character by its place on a US keyboard", () => {
    const all = String.fromCharCode(...Array.from({ length: 95 }, (_, index) => 32 + index));
    const keys = typed(`0000${all}`);

    expect(burstsOf([...keys, enter(endOf(keys))]).map(textOf)).toEqual([`0000${all}`]);
  });

  test("reads by place whatever the system's layout makes of the keys", () => {
    const vietnameseLayout = typed("079202000123").map((key) => ({ ...key, key: "ă" }));

    expect(burstsOf([...vietnameseLayout, enter(200)]).map(textOf)).toEqual(["079202000123"]);
  });

  test("ends a scan without a terminator at silence, and when the next one begins", () => {
    const decoder = createWedgeDecoder("pressed");
    const first = pressAll(decoder, typed("079202000123"));
    const second = pressAll(decoder, typed("079085012345", 1_000));

    expect(first.bursts).toEqual([]);
    expect(second.bursts.map(textOf)).toEqual(["079202000123"]);
    expect(decoder.silence().map(textOf)).toEqual(["079085012345"]);
    expect(decoder.silence()).toEqual([]);
  });

  test("without a terminator needs eight characters; with one, four", () => {
    expect(burstsOf(typed("0792020")).map(textOf)).toEqual(["torn"]);
    expect(burstsOf(typed("07920200")).map(textOf)).toEqual(["07920200"]);
    expect(burstsOf([...typed("0792"), enter(32)]).map(textOf)).toEqual(["0792"]);
    expect(burstsOf([...typed("079"), enter(24)]).map(textOf)).toEqual([]);
  });

  test.each([61, 80, 120, 200])(
    "lets a person type with %i ms between keys, and press Enter",
    (gapMs) => {
      const keys = [...typed("Nguyen Van Thu", 0, gapMs), enter(14 * 2 * gapMs)];

      const { bursts, swallowed } = pressAll(createWedgeDecoder("pressed"), keys);

      expect(bursts).toEqual([]);
      expect(swallowed.some(Boolean)).toBe(false);
    },
  );

  test("lets a person hold a key down", () => {
    const held = Array.from({ length: 40 }, (_, index) =>
      press("KeyA", index * 30, { isRepeat: index > 0 }),
    );

    const { bursts, swallowed } = pressAll(createWedgeDecoder("pressed"), held);

    expect(bursts).toEqual([]);
    expect(swallowed.some(Boolean)).toBe(false);
  });

  test("is not shaken by one stall of the hub in the middle of a scan", () => {
    const keys = typed("079202000123", 0, 8).map((key, index) =>
      index >= 6 ? { ...key, timeMs: key.timeMs + 45 } : key,
    );

    expect(burstsOf([...keys, enter(endOf(keys))]).map(textOf)).toEqual(["079202000123"]);
  });

  test("waits long for a terminator, and not once the scanner has shown that it has none", () => {
    const decoder = createWedgeDecoder("pressed");
    const stalled = typed("079085012345", 5_000).map((key, index) =>
      index >= 6 ? { ...key, timeMs: key.timeMs + 700 } : key,
    );
    const { bursts } = pressAll(decoder, stalled);
    expect(bursts).toEqual([]);
    expect(decoder.gapMs()).toBe(800);
    expect(decoder.silence().map(textOf)).toEqual(["079085012345"]);
    pressAll(decoder, typed("079202000123", 8_000));
    expect(decoder.gapMs()).toBe(800);
    decoder.silence();

    pressAll(decoder, typed("079202000123", 10_000));
    expect(decoder.gapMs()).toBe(100);
    decoder.press(enter(10_100));
    pressAll(decoder, typed("079202000123", 20_000));
    expect(decoder.gapMs()).toBe(800);
  });

  test("of keys that came late does not lose the first ones: their own time says when they were pressed", () => {
    const decoder = createWedgeDecoder("pressed");
    const keys = typed("079202000123");
    for (const key of keys.slice(0, 2)) decoder.press(key);
    expect(decoder.silence()).toEqual([]);

    const { bursts } = pressAll(decoder, [...keys.slice(2), enter(endOf(keys))]);
    expect(bursts.map(textOf)).toEqual(["079202000123"]);
  });

  test("of keys that are timed when they are handled is ended by silence alone", () => {
    const decoder = createWedgeDecoder("handled");
    const keys = typed("079202000123").map((key, index) =>
      index >= 2 ? { ...key, timeMs: key.timeMs + 700 } : key,
    );

    const { bursts } = pressAll(decoder, [...keys, enter(endOf(keys))]);
    expect(bursts.map(textOf)).toEqual(["079202000123"]);
  });

  test("takes Ctrl+J and Ctrl+M for the line ends that they are", () => {
    for (const code of ["KeyJ", "KeyM"]) {
      const keys = typed("079202000123");
      const end = endOf(keys);
      const { bursts } = pressAll(createWedgeDecoder("pressed"), [
        ...keys,
        press("ControlLeft", end, { ctrl: true }),
        press(code, end + 8, { ctrl: true }),
      ]);
      expect(bursts.map(textOf)).toEqual(["079202000123"]);
    }
  });

  test("does not take a person's Telex for a scanner, however fast Unikey corrects it", () => {
    const decoder = createWedgeDecoder("pressed");
    const words = throughUnikey("DDuowngf Nguyeenx Thij Hueej", "telex", 0, 90);

    const { bursts, swallowed } = pressAll(decoder, words);

    expect(words.filter((key) => key.code === "")).toHaveLength(11);
    expect(bursts).toEqual([]);
    expect(swallowed.some(Boolean)).toBe(false);
  });

  test("swallows what a scanner sends after its Enter: another Enter, a Tab, Ctrl+J", () => {
    const keys = typed("079202000123");
    const after = endOf(keys);

    const { swallowed, bursts } = pressAll(createWedgeDecoder("pressed"), [
      ...keys,
      enter(after),
      press("KeyJ", after + 8, { ctrl: true }),
      press("Tab", after + 16),
      enter(after + 1_000),
    ]);

    expect(swallowed.slice(-4)).toEqual([true, true, true, false]);
    expect(bursts).toHaveLength(1);
  });

  test("ignores control chords and keys without a character inside a scan, swallows and counts them", () => {
    const keys = timed([
      ...typed("07920200"),
      press("KeyW", 0, { ctrl: true }),
      press("F4", 0, { alt: true }),
      press("F12", 0),
      press("KeyL", 0, { meta: true }),
      press("Escape", 0),
      ...typed("0123"),
    ]);

    const { bursts, swallowed } = pressAll(createWedgeDecoder("pressed"), [
      ...keys,
      enter(endOf(keys)),
    ]);

    expect(bursts).toEqual([
      { kind: "scan", bytes: new TextEncoder().encode("079202000123") },
      { kind: "dropped", reason: "commands", byteCount: 5 },
    ]);
    expect(swallowed.slice(8, 13)).toEqual([true, true, true, true, true]);
  });

  test.each([
    [
      "Backspace and an injected letter (Unikey)",
      [press("Backspace", 0), press("", 0, { key: "ễ" })],
    ],
    ["a Backspace without a place", [press("", 0, { key: "Backspace" })]],
    ["an injected key without a place", [press("", 0, { key: "Unidentified" })]],
  ])("marks a scan with %s as disturbed by an input method", (_, disturbance) => {
    const keys = timed([...typed("07920200|Nguye"), ...disturbance, ...typed("n Van Thu")]);

    const bursts = burstsOf([...keys, enter(endOf(keys))]);

    expect(bursts).toMatchObject([{ kind: "scan", interference: { kind: "input-method" } }]);
  });

  test("shows what the input method made of it: its Backspaces and letters are applied", () => {
    const keys = timed([
      ...typed("07920200|Nguye"),
      press("Backspace", 0),
      press("", 0, { key: "ê" }),
      ...typed("n"),
    ]);

    expect(burstsOf([...keys, enter(endOf(keys))]).map(textOf)).toEqual(["07920200|Nguyên"]);
  });

  test("does not mark a scan because somebody corrected a typing error before it", () => {
    const keys = [press("KeyX", 0), press("Backspace", 200), ...typed("079202000123", 1_000)];

    const bursts = burstsOf([...keys, enter(endOf(keys))]);

    expect(bursts).toEqual([{ kind: "scan", bytes: new TextEncoder().encode("079202000123") }]);
  });

  test.each([
    ["code points", ["7877"], "ễ"],
    ["two code points in a row", ["432", "7907"], "ượ"],
    ["Latin-1 codes with a leading zero", ["0233"], "é"],
    ["UTF-8, byte by byte", ["0225", "0187", "0133"], "ễ"],
    ["a control character that a code contains", ["0029"], "\x1d"],
  ])("reads Alt codes: %s", (_, codes, letters) => {
    const keys = timed([...typed("07920200"), ...codes.flatMap(altCode), ...typed("n")]);

    expect(burstsOf([...keys, enter(endOf(keys))]).map(textOf)).toEqual([`07920200${letters}n`]);
  });

  test("counts Alt codes that stand for no character, and goes on", () => {
    const keys = timed([...typed("07920200"), ...["1114112", "55296", "0"].flatMap(altCode)]);

    expect(burstsOf([...keys, enter(endOf(keys))])).toEqual([
      { kind: "scan", bytes: new TextEncoder().encode("07920200") },
      { kind: "dropped", reason: "commands", byteCount: 3 },
    ]);
  });

  test("drops a scan of nothing but pipes and spaces, and one longer than any code can be", () => {
    const pipes = typed("|||| ");
    const long = typed("7".repeat(MAX_SCAN_BYTES + 1));

    expect(burstsOf([...pipes, enter(endOf(pipes))])).toEqual([
      { kind: "dropped", reason: "noise", byteCount: 5 },
    ]);
    expect(burstsOf([...long, enter(endOf(long))])).toEqual([
      { kind: "dropped", reason: "oversize", byteCount: MAX_SCAN_BYTES + 1 },
    ]);
    expect(burstsOf(typed("7".repeat(MAX_SCAN_BYTES))).map(textOf)).toEqual([
      "7".repeat(MAX_SCAN_BYTES),
    ]);
  });

  test("forgets an open scan when it is closed, and says how long that was", () => {
    const decoder = createWedgeDecoder("pressed");
    pressAll(decoder, typed("079202"));

    expect(decoder.close()).toBe(6);
    expect(decoder.isOpen()).toBe(false);
    expect(decoder.silence()).toEqual([]);
  });

  test("reads any ASCII text at any scanner's speed, whatever a person typed before", () => {
    const text = fc.string({
      unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)),
      minLength: 8,
      maxLength: 200,
    });
    fc.assert(
      fc.property(
        text,
        fc.integer({ min: 1, max: 34 }),
        fc.string({ unit: fc.constantFrom("a", "b") }),
        (code, gapMs, words) => {
          fc.pre(!/^\|+$/.test(code));
          const human = typed(words, 0, 90);
          const scan = typed(code, 100_000, gapMs);

          const bursts = burstsOf([...human, ...scan, enter((scan.at(-1)?.timeMs ?? 0) + gapMs)]);

          expect(bursts.map(textOf)).toEqual([code]);
        },
      ),
      { numRuns: 300 },
    );
  });
});
