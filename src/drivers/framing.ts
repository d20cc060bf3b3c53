import { MAX_SCAN_BYTES } from "#core/scan.ts";
import type { DropReason, Interference } from "#core/scan.ts";

/** What came out of a byte stream: one whole scan, or bytes that were thrown away and why. */
export type Frame =
  | {
      readonly kind: "scan";
      readonly bytes: Uint8Array;
      /** See `Scan` in core/scan.ts. */
      readonly interference?: Interference;
    }
  | { readonly kind: "dropped"; readonly reason: DropReason; readonly byteCount: number };

/**
 * Cuts a stream of raw device data into scans. Pure: no clock, no device. How the stream is cut into chunks never
 * changes the frames. The content of a scan is handed on byte by byte as it came.
 */
export type Framer = {
  push(chunk: Uint8Array): readonly Frame[];
  /** The device has been silent for its idle gap: what is open is a whole scan without a terminator. */
  silence(): readonly Frame[];
  /** The device went away: what is open is torn, and never joined to what a later opening brings. */
  close(): readonly Frame[];
  /** True while bytes wait for a terminator or for silence. */
  isOpen(): boolean;
};

/** `scanner`: every terminator that scanners are set to. `lines`: CR, LF and CRLF only, as a pipe or a terminal has. */
export type FramerStyle = "scanner" | "lines";

const NUL = 0x00;
const STX = 0x02;
const ETX = 0x03;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const PIPE = 0x7c;

/** Seen before the first character of a scan when a cable is plugged in or the line speed is wrong. */
const LEADING_NOISE: ReadonlySet<number> = new Set([NUL, STX, 0xfe, 0xff]);

/** No card of any format is made of these alone: the `||||` that is left when a terminator comes inside a card. */
const SAYS_NOTHING: ReadonlySet<number> = new Set([...LEADING_NOISE, ETX, TAB, SPACE, PIPE]);

const BEGIN = new TextEncoder().encode("BEGIN:");
const END = new TextEncoder().encode("END:");

/**
 * Frames end at CR, LF, CRLF, ETX, Tab or silence. NUL, STX, FE and FF before the content are line noise; inside it they
 * are kept, because a health-insurance card is padded with NUL and old code pages use FE and FF as letters.
 *
 * Two rules look at the content, so that one code never becomes several scans: a text that begins with `BEGIN:` (vCard,
 * iCalendar: RFC 6350, RFC 5545) keeps its line ends until its `END:` line, and a Tab is content, not an end, as soon
 * as the device has shown that it ends its scans with CR, LF or ETX.
 */
export function createFramer(style: FramerStyle): Framer {
  const buffer = new Uint8Array(MAX_SCAN_BYTES);
  let length = 0;
  /** Bytes seen since the frame began, also those that no longer fit. */
  let seen = 0;
  let endsWithLine = style === "lines";

  const holdsLines = (content: Uint8Array) =>
    style === "scanner" && length <= MAX_SCAN_BYTES && isOpenContainer(content);
  const take = (byte: number, frames: Frame[]) => {
    if (isTerminator(byte, style, endsWithLine) && !holdsLines(buffer.subarray(0, length))) {
      if (byte !== TAB && length > 0) endsWithLine = true;
      finish(frames);
      return;
    }
    seen += 1;
    if (length === 0 && LEADING_NOISE.has(byte)) return;
    if (length < MAX_SCAN_BYTES) buffer[length] = byte;
    length += 1;
  };
  const finish = (frames: Frame[]) => {
    if (seen > 0) frames.push(wholeFrame(buffer, length, seen, style));
    length = 0;
    seen = 0;
  };

  return {
    push(chunk) {
      const frames: Frame[] = [];
      for (const byte of chunk) take(byte, frames);
      return frames;
    },
    silence() {
      const frames: Frame[] = [];
      finish(frames);
      return frames;
    },
    close() {
      const byteCount = seen;
      length = 0;
      seen = 0;
      return byteCount === 0 ? [] : [{ kind: "dropped", reason: "torn", byteCount }];
    },
    isOpen: () => seen > 0,
  };
}

/** True when no card can be meant by these bytes. */
export function isNoise(bytes: Uint8Array): boolean {
  return bytes.every((byte) => SAYS_NOTHING.has(byte));
}

function isTerminator(byte: number, style: FramerStyle, endsWithLine: boolean): boolean {
  if (byte === CR || byte === LF) return true;
  if (style === "lines") return false;
  return byte === ETX || (byte === TAB && !endsWithLine);
}

/** True from `BEGIN:NAME` until the line `END:NAME`. Looks only at the first and the last line: linear over a scan. */
function isOpenContainer(content: Uint8Array): boolean {
  if (!startsWith(content, BEGIN)) return false;
  const firstEnd = content.findIndex((byte) => byte === CR || byte === LF);
  const name = content.subarray(BEGIN.length, firstEnd === -1 ? content.length : firstEnd);
  const lastStart = Math.max(content.lastIndexOf(CR), content.lastIndexOf(LF)) + 1;
  const lastLine = content.subarray(lastStart);
  return !(startsWith(lastLine, END) && isSame(lastLine.subarray(END.length), name));
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return bytes.length >= start.length && start.every((byte, index) => bytes[index] === byte);
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && startsWith(one, other);
}

function wholeFrame(
  buffer: Uint8Array,
  length: number,
  byteCount: number,
  style: FramerStyle,
): Frame {
  if (length > MAX_SCAN_BYTES) return { kind: "dropped", reason: "oversize", byteCount };
  const content = buffer.slice(0, length);
  const bytes = style === "scanner" ? withoutTrailingTabs(content) : content;
  if (isNoise(bytes)) return { kind: "dropped", reason: "noise", byteCount };
  return { kind: "scan", bytes };
}

/** A scanner may be set to Tab and Enter: the Tab before the CR is no part of the card. */
function withoutTrailingTabs(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === TAB) end -= 1;
  return bytes.subarray(0, end);
}
