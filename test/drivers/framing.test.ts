import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_SCAN_BYTES } from "#core/scan.ts";
import { createFramer } from "#drivers/framing.ts";
import type { Frame, FramerStyle } from "#drivers/framing.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (frame: Frame) =>
  frame.kind === "scan"
    ? new TextDecoder("utf-8", { fatal: true }).decode(frame.bytes)
    : `${frame.reason}:${frame.byteCount}`;

/** Frames of the pieces, then of the silence after them. */
function framesOf(pieces: readonly Uint8Array[], style: FramerStyle = "scanner"): readonly Frame[] {
  const framer = createFramer(style);
  return [...pieces.flatMap((piece) => framer.push(piece)), ...framer.silence()];
}

const textsOf = (stream: string | Uint8Array, style?: FramerStyle) =>
  framesOf([typeof stream === "string" ? bytesOf(stream) : stream], style).map(textOf);

const CARD = "079085012345||Nguyễn Văn Thử|15031985|Nam|Phường Mẫu|19042021";

describe("the framer", () => {
  test.each(["\r", "\n", "\r\n", "\t", "\x03", "\t\r\n", "\r\r\n\n"])(
    "ends a scan at %j",
    (terminator) => {
      const stream = [`${CARD}1`, `${CARD}2`, `${CARD}3`].map((text) => text + terminator).join("");
      const framer = createFramer("scanner");

      const frames = framer.push(bytesOf(stream));

      expect(frames.map(textOf)).toEqual([`${CARD}1`, `${CARD}2`, `${CARD}3`]);
      expect(framer.isOpen()).toBe(false);
    },
  );

  test("ends a scan without a terminator at silence, and only then", () => {
    const framer = createFramer("scanner");

    expect(framer.push(bytesOf(CARD))).toEqual([]);
    expect(framer.isOpen()).toBe(true);
    expect(framer.silence().map(textOf)).toEqual([CARD]);
    expect(framer.isOpen()).toBe(false);
    expect(framer.silence()).toEqual([]);
  });

  test("keeps every byte of the content: spaces at both ends, letters of old code pages, NUL padding", () => {
    const hc1 =
      " HC1:6BF +70790T9WJWG.FKY*4GO0.O1CV2 O5 N2FBBRW1*70HS8WY04AC*WIFN0AHCD8KD97TK0F90KECTHGWJC0FDC:5AIA%G7X+AQB9746HS80:54IBQF60R6$A80X6S1BTYACG6M+9XG8KIAWNA91AY%67092L4WJCT3EHS8XJC$+DXJCCWENF6OF63W5NW6WF6%JC QE/IAYJC5LEW34U3ET7DXC9 QE-ED8%E.JCBECB1A-:8$96646AL60A60S6Q$D.UDRYA 96NF6L/5QW6307KQEPD09WEQDD+Q6TW6FA7C466KCN9E%961A6DL6FA7D46JPCT3E5JDLA7$Q6E464W5TG6..DX%DZJC6/DTZ9 QE5$CB$DA/D JC1/D3Z8WED1ECW.CCWE.Y92OAGY8MY9L+9MPCG/D5 C5IA5N9$PC5$CUZCY$5Y$527B+A4KZNQG5TKOWWD9FL%I8U$F7O2IBM85CWOC%LEZU4R/BXHDAHN 11$CA5MRI:AONFN7091K9FKIGIY%VWSSSU9%01FO2*FTPQ3C3F ";
    const padded = "SV4797929000862|4cc3aa|$\0\0\0\0";
    const oldCodePage = Uint8Array.of(0x4e, 0xfe, 0xff, 0x20, 0x1d, 0x30);

    expect(textsOf(`${hc1}\r${padded}\r`)).toEqual([hc1, padded]);
    expect(framesOf([Uint8Array.of(...oldCodePage, 0x0d)])).toEqual([
      { kind: "scan", bytes: oldCodePage },
    ]);
  });

  test("strips line noise before the content", () => {
    const stream = Uint8Array.of(0x00, 0xff, 0xfe, 0x02, ...bytesOf(CARD), 0x03, 0x00, 0x0d);

    expect(textsOf(stream)).toEqual([CARD, "noise:1"]);
  });

  test.each(["||||", " ", "| |", "\0\0\0", "\x02"])(
    "drops %j, which no card can be, as noise",
    (rest) => {
      expect(textsOf(`${rest}\r${CARD}\r`)).toEqual([`noise:${rest.length}`, CARD]);
    },
  );

  test("takes a scan of exactly the limit and drops one byte more, whole, with its length", () => {
    const longest = "7".repeat(MAX_SCAN_BYTES);

    expect(textsOf(`${longest}\r${longest}8\r${CARD}\r`)).toEqual([
      longest,
      `oversize:${MAX_SCAN_BYTES + 1}`,
      CARD,
    ]);
  });

  test("gives up what is open when the device closes, and begins afresh", () => {
    const framer = createFramer("scanner");
    framer.push(bytesOf("0790850"));

    expect(framer.close()).toEqual([{ kind: "dropped", reason: "torn", byteCount: 7 }]);
    expect(framer.push(bytesOf(`${CARD}\r`)).map(textOf)).toEqual([CARD]);
    expect(framer.close()).toEqual([]);
  });

  test("makes one scan of a business card with many lines, and one of the card after it", () => {
    const vcard = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Thử;Mẫu\r\nTEL:0900000000\r\nEND:VCARD";
    const nested = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Thử\nEND:VEVENT\nEND:VCALENDAR";

    expect(textsOf(`${vcard}\r\n${nested}\r${CARD}\r`)).toEqual([vcard, nested, CARD]);
  });

  test("a business card without an end does not swallow the limit's worth of later scans for ever", () => {
    const endless = `BEGIN:VCARD\r${"x".repeat(MAX_SCAN_BYTES)}`;

    expect(textsOf(`${endless}\r${CARD}\r`)).toEqual([`oversize:${endless.length}`, CARD]);
  });

  test("does not cut at a Tab once the device has shown that it ends with Enter", () => {
    expect(textsOf(`${CARD}\rmột\thai\r`)).toEqual([CARD, "một\thai"]);
  });

  test("is not taught by an Enter that ends nothing: a scanner that ends with Tab is still read at once", () => {
    const framer = createFramer("scanner");

    expect(framer.push(bytesOf(`\r\n${CARD}1\t${CARD}2\t`)).map(textOf)).toEqual([
      `${CARD}1`,
      `${CARD}2`,
    ]);
  });

  test("of a pipe or a terminal, takes each line as it is", () => {
    expect(textsOf("một\thai\t\r\nBEGIN:VCARD\nN:Thử\x03\n\n\ncuối", "lines")).toEqual([
      "một\thai\t",
      "BEGIN:VCARD",
      "N:Thử\x03",
      "cuối",
    ]);
  });

  test("gives the same frames however the stream is cut into pieces", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        CARD,
        "079085012345",
        "HC1:6BF +70 ",
        "BEGIN:VCARD\r\nN:Thử\r\nEND:VCARD",
        "||||",
      ),
      fc.constantFrom("\r", "\n", "\r\n", "\t", "\x03", "\x02", "\0", "BEGIN:", "END:VCARD"),
      fc.string({ unit: "grapheme" }),
      fc.constant("5".repeat(1_500)),
    );
    const cuts = fc.array(fc.nat(), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), cuts, (pieces, at) => {
        const stream = bytesOf(pieces.join(""));
        const borders = at.map((cut) => cut % (stream.length + 1)).toSorted((a, b) => a - b);
        const cutUp = [0, ...borders].map((border, index) =>
          stream.subarray(border, borders[index] ?? stream.length),
        );
        const byteWise = Array.from(stream, (byte) => Uint8Array.of(byte));

        const whole = framesOf([stream]);

        expect(framesOf(cutUp)).toEqual(whole);
        expect(framesOf(byteWise)).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });

  test("of any bytes never throws and never yields an empty or too long scan", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 4 }), (pieces) => {
        for (const frame of framesOf(pieces)) {
          if (frame.kind !== "scan") continue;
          expect(frame.bytes.length).toBeGreaterThan(0);
          expect(frame.bytes.length).toBeLessThanOrEqual(MAX_SCAN_BYTES);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("needs time in proportion to the stream: 8 MiB without a terminator are no trouble", () => {
    const framer = createFramer("scanner");
    const chunk = new Uint8Array(1024).fill(0x37);
    const startedMs = performance.now();

    for (let count = 0; count < 8 * 1024; count += 1) framer.push(chunk);

    expect(framer.silence()).toEqual([
      { kind: "dropped", reason: "oversize", byteCount: 8 * 1024 * 1024 },
    ]);
    // serialport's own line parser needs 34 s for this.
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });
});
