import { isUtf8 } from "node:buffer";
import { MAX_SCAN_BYTES } from "#core/scan.ts";
import { isNoise } from "#drivers/framing.ts";
import type { Frame } from "#drivers/framing.ts";
import { MAX_REPORT_DATA, parseReport, REPLY_AIM } from "#drivers/hid-report.ts";
import type { HidLayout, HidReport } from "#drivers/hid-report.ts";

/** USB-IF HID Point of Sale Usage Tables 1.02: page and usage of a bar code scanner's application collection. */
const POINT_OF_SALE_PAGE = 0x8c;
const BAR_CODE_SCANNER_USAGE = 0x02;

/** True for the interface over which a scanner in HID POS mode sends its scans. */
export function isHidPosScanner(device: {
  readonly usagePage: number;
  readonly usage: number;
}): boolean {
  return device.usagePage === POINT_OF_SALE_PAGE && device.usage === BAR_CODE_SCANNER_USAGE;
}

/**
 * Joins the input reports of one opening into scans. There is no sequence number in HID POS and the system may lose
 * reports, so everything that can be told from the content is told: see docs/formats/hid-pos.md.
 */
export type HidAssembler = {
  /** One input report, its number first. Reports of another kind, command replies and repetitions are dropped by name. */
  push(report: Uint8Array): readonly Frame[];
  /** No report for a while: what is open is whole or torn, and never joined to what comes later. */
  silence(): readonly Frame[];
  close(): readonly Frame[];
  isOpen(): boolean;
};

/** An unfinished scan. */
type OpenScan = {
  readonly layout: HidLayout;
  readonly aim: string;
  /** At most {@link MAX_SCAN_BYTES} and one report; `byteCount` goes on. */
  readonly bytes: Uint8Array;
  readonly byteCount: number;
  readonly reportCount: number;
  readonly lastReport: Uint8Array;
  readonly isLastFull: boolean;
  readonly isLastEmpty: boolean;
};

export function createHidAssembler(): HidAssembler {
  let open: OpenScan | null = null;
  /** Last report of a scan that took several: sent again, it must not become a scan of its own. */
  let lastTail: Uint8Array | null = null;
  /** The device has ended a scan of full reports properly: its silences in the middle of one are losses. */
  let endsFullScans = false;

  const giveUp = (): readonly Frame[] => {
    const byteCount = open?.byteCount ?? 0;
    open = null;
    return byteCount === 0 ? [] : [{ kind: "dropped", reason: "torn", byteCount }];
  };
  const finish = (scan: OpenScan): readonly Frame[] => {
    lastTail = scan.reportCount > 1 ? scan.lastReport : null;
    open = null;
    return wholeScan(scan);
  };
  const end = (scan: OpenScan): readonly Frame[] => {
    endsFullScans ||= scan.isLastFull || scan.isLastEmpty;
    return finish(scan);
  };
  const take = (bytes: Uint8Array, before: OpenScan | null): readonly Frame[] => {
    const byteCount = bytes.length;
    if (isRepeated(before?.lastReport ?? lastTail, bytes)) {
      return [{ kind: "dropped", reason: "repeated", byteCount }];
    }
    const report = parseReport(bytes, before?.layout ?? null);
    if (report.kind === "other" || report.kind === "reply") {
      return [{ kind: "dropped", reason: "ignored", byteCount }];
    }
    if (report.kind === "broken") {
      return [...giveUp(), { kind: "dropped", reason: "noise", byteCount }];
    }
    if (before !== null && beginsAnother(before, report))
      return [...giveUp(), ...take(bytes, null)];
    open = withReport(before, bytes, report);
    return report.isContinued ? [] : end(open);
  };

  return {
    push: (bytes) => take(bytes.slice(), open),
    silence() {
      if (open === null) return [];
      // Some firmwares say "more follows" in a last report that is full; it would be wrong to lose every such card.
      const isWhole = open.isLastFull && !endsFullScans && !endsInsideCharacter(open.bytes);
      return isWhole ? finish(open) : giveUp();
    },
    close: giveUp,
    isOpen: () => open !== null,
  };
}

/** The scans in a run of reports, as a scanner sent them with a pause after the last one. Torn ones are left out. */
export function parseHidReports(reports: readonly Uint8Array[]): readonly Uint8Array[] {
  const assembler = createHidAssembler();
  const frames = [...reports.flatMap((report) => assembler.push(report)), ...assembler.silence()];
  return frames.flatMap((frame) => (frame.kind === "scan" ? [frame.bytes] : []));
}

function withReport(scan: OpenScan | null, lastReport: Uint8Array, report: HidReport): OpenScan {
  const before = scan?.bytes ?? new Uint8Array();
  return {
    layout: report.layout,
    aim: report.aim,
    bytes: before.length > MAX_SCAN_BYTES ? before : join(before, report.data),
    byteCount: (scan?.byteCount ?? 0) + report.data.length,
    reportCount: (scan?.reportCount ?? 0) + 1,
    lastReport,
    isLastFull: report.data.length === MAX_REPORT_DATA,
    isLastEmpty: report.data.length === 0,
  };
}

/**
 * The end of one scan was lost and this is the next one: another kind of code, or the open scan stops inside a UTF-8
 * character that this report does not go on with. Only a scan that has shown such characters is judged by them.
 */
function beginsAnother(open: OpenScan, report: HidReport): boolean {
  if (report.aim !== open.aim) return true;
  const [first] = report.data;
  if (first === undefined || isContinuation(first)) return false;
  return endsInsideCharacter(open.bytes) && open.bytes.slice(0, -3).some((byte) => byte >= 0x80);
}

/** True when the last character of an otherwise valid UTF-8 text is not whole. */
function endsInsideCharacter(bytes: Uint8Array): boolean {
  const lead = bytes.findLastIndex((byte) => !isContinuation(byte));
  const missing = lead === -1 ? 0 : characterBytes(bytes[lead] ?? 0) - (bytes.length - lead);
  return missing > 0 && isUtf8(bytes.subarray(0, lead));
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** Length of the UTF-8 sequence that a byte begins (RFC 3629). */
function characterBytes(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc2 ? 2 : 1;
}

const reply = new TextEncoder().encode(REPLY_AIM);

function wholeScan({ bytes, byteCount }: OpenScan): readonly Frame[] {
  if (byteCount > MAX_SCAN_BYTES) return [{ kind: "dropped", reason: "oversize", byteCount }];
  const content = withoutFraming(bytes);
  const isReply = reply.every((byte, index) => content[index] === byte);
  if (content.length === 0) return [];
  if (isReply) return [{ kind: "dropped", reason: "ignored", byteCount }];
  if (isNoise(content)) return [{ kind: "dropped", reason: "noise", byteCount }];
  return [{ kind: "scan", bytes: content }];
}

const STX = 0x02;
const ENDS: ReadonlySet<number | undefined> = new Set([0x03, 0x09, 0x0a, 0x0d]);

/** A prefix or suffix that the scanner was set to for another cable. What stands inside is the code's own. */
function withoutFraming(bytes: Uint8Array): Uint8Array {
  const start = bytes[0] === STX ? 1 : 0;
  let end = bytes.length;
  while (end > start && ENDS.has(bytes[end - 1])) end -= 1;
  return bytes.slice(start, end);
}

function join(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

/** The same report again, and not a code that is one character all along. */
function isRepeated(last: Uint8Array | null, report: Uint8Array): boolean {
  return isSame(last, report) && new Set(report.subarray(6, MAX_REPORT_DATA)).size > 1;
}

function isSame(one: Uint8Array | null, other: Uint8Array): boolean {
  return one?.length === other.length && one.every((byte, index) => byte === other[index]);
}
