/**
 * The three byte orders of HID POS input reports in the field (docs/formats/hid-pos.md). All have report number 2, a
 * length, and "more follows" in the last byte. A: AIM identifier, then data. B: data at once. C: a zero, AIM, data.
 */
export type HidLayout = "A" | "B" | "C";

/** One input report, read. */
export type HidReport = {
  readonly kind: "data";
  readonly layout: HidLayout;
  /** AIM symbology identifier such as `]Q1` (ISO/IEC 15424), or an empty text. */
  readonly aim: string;
  readonly data: Uint8Array;
  /** The report says that another one belongs to the same scan. Some firmwares say so in a full last report too. */
  readonly isContinued: boolean;
};

export type ParsedReport =
  | HidReport
  /** The scanner's answer to a menu command: no scan. */
  | { readonly kind: "reply" }
  /** Not a scanned-data report: status, trigger, or another device's. */
  | { readonly kind: "other" }
  /** Too short, or longer inside than a report can be. */
  | { readonly kind: "broken" };

/** Bytes of data that one report can carry, in every layout. */
export const MAX_REPORT_DATA = 56;

const REPORT_BYTES = 64;
const SCANNED_DATA = 0x02;
const FLAGS = 63;
const CONTINUED = 0x01;
const BRACKET = 0x5d;

/** AIM identifier of answers to menu commands, seen on Honeywell. */
export const REPLY_AIM = "]Z6";

const dataStart: Readonly<Record<HidLayout, number>> = { A: 5, B: 2, C: 6 };

/** Reads one report; `layout` is that of the scan it may belong to, null at the beginning of one. */
export function parseReport(bytes: Uint8Array, layout: HidLayout | null): ParsedReport {
  if (bytes[0] !== SCANNED_DATA) return { kind: "other" };
  const length = bytes[1] ?? 0;
  if (bytes.length < REPORT_BYTES || length > MAX_REPORT_DATA) return { kind: "broken" };
  const known = layout ?? classify(bytes, length);
  const start = dataStart[known];
  const aim = known === "B" ? "" : aimAt(bytes, start - 3);
  if (aim === REPLY_AIM) return { kind: "reply" };
  return {
    kind: "data",
    layout: known,
    aim,
    data: bytes.slice(start, start + length),
    isContinued: ((bytes[FLAGS] ?? 0) & CONTINUED) !== 0,
  };
}

/** Tells the layout of a scan's first report. No card begins with NUL, and the length says where data must end. */
function classify(bytes: Uint8Array, length: number): HidLayout {
  const [second, third, fourth, fifth] = [bytes[2], bytes[3], bytes[4], bytes[5]];
  if (second === BRACKET && isLetter(third)) return isFilledLikeA(bytes, length) ? "A" : "B";
  if (second === 0 && third === BRACKET) return "C";
  // Clones that leave the identifier empty.
  if (second === 0 && third === 0 && fourth === 0) return fifth === 0 ? "C" : "A";
  return "B";
}

/** A layout B scanner that is set to send AIM identifiers counts them as data: its data ends three bytes earlier. */
function isFilledLikeA(bytes: Uint8Array, length: number): boolean {
  return bytes.subarray(dataStart.A + length - 3, dataStart.A + length).some((byte) => byte !== 0);
}

function isLetter(byte: number | undefined): boolean {
  return byte !== undefined && /[A-Za-z]/.test(String.fromCharCode(byte));
}

function aimAt(bytes: Uint8Array, start: number): string {
  return bytes[start] === BRACKET ? String.fromCharCode(...bytes.subarray(start, start + 3)) : "";
}
