import { DEFAULT_BAUD_RATE } from "#drivers/serial.ts";
import type { SerialSettings } from "#drivers/serial.ts";
import type { ScannerId } from "#drivers/scanner-id.ts";

/** One `--scanner` value, understood. */
export type ScannerSpec =
  | ({ readonly kind: "serial" } & SerialSettings)
  /** `serial:PATH?baud=auto`: the speed is found by what arrives. */
  | { readonly kind: "serial-auto"; readonly path: string }
  | { readonly kind: "hid"; readonly model: HidModel | null }
  | { readonly kind: "usb"; readonly id: ScannerId }
  | { readonly kind: "wedge" }
  | { readonly kind: "stdin" }
  | { readonly kind: "demo"; readonly perSecond: number };

/** USB vendor and product number. */
export type HidModel = { readonly vendorId: number; readonly productId: number };

/** What the person who typed it is told, in both languages. */
export type SpecRefusal = { readonly vietnamese: string; readonly english: string };

export type ParsedSpec =
  | { readonly kind: "spec"; readonly spec: ScannerSpec }
  | ({ readonly kind: "refused" } & SpecRefusal);

/** One card a second, unless said otherwise. */
const DEFAULT_PER_SECOND = 1;
const MOST_PER_SECOND = 1_000;
const MOST_BAUD = 4_000_000;

const FORMS =
  "serial:PATH[?baud=N|auto], hid[:VID:PID], usb:VID:PID[:SERIAL], wedge, stdin, demo[:RATE]";

/** Reads `serial:PATH[?baud=N]`, `hid[:VID:PID]` and `usb:VID:PID[:SERIAL]` (hexadecimal), `wedge`, `stdin`, `demo[:RATE]` (cards a second). */
export function parseScannerSpec(text: string): ParsedSpec {
  const colon = text.indexOf(":");
  const kind = colon === -1 ? text : text.slice(0, colon);
  const rest = colon === -1 ? null : text.slice(colon + 1);
  switch (kind) {
    case "serial":
      return parseSerial(text, rest);
    case "hid":
      return parseHid(text, rest);
    case "usb":
      return parseUsb(text, rest ?? "");
    case "demo":
      return parseDemo(text, rest);
    case "wedge":
    case "stdin":
      if (rest === null) return { kind: "spec", spec: { kind } };
      return refused(text, `"${kind}" không có phần sau dấu hai chấm`, `${kind} takes no more`);
    default:
      return refused(text, "không có loại máy quét này", "there is no such kind of scanner");
  }
}

function parseSerial(text: string, rest: string | null): ParsedSpec {
  const [path = "", query, ...more] = (rest ?? "").split("?");
  if (path === "") {
    return refused(
      text,
      "thiếu tên cổng, ví dụ serial:/dev/ttyUSB0 hoặc serial:COM3",
      "the port is missing, as in serial:/dev/ttyUSB0 or serial:COM3",
    );
  }
  if (query === undefined) return serial(path, DEFAULT_BAUD_RATE);
  if (query === "baud=auto" && more.length === 0) {
    return { kind: "spec", spec: { kind: "serial-auto", path } };
  }
  const baud = /^baud=(\d{2,7})$/.exec(query)?.[1];
  const baudRate = Number(baud);
  if (more.length > 0 || baud === undefined || baudRate < 50 || baudRate > MOST_BAUD) {
    return refused(
      text,
      "sau dấu hỏi chỉ có thể là tốc độ, ví dụ ?baud=115200 hoặc ?baud=auto",
      "after the question mark only a speed can stand, as in ?baud=115200 or ?baud=auto",
    );
  }
  return serial(path, baudRate);
}

function serial(path: string, baudRate: number): ParsedSpec {
  return { kind: "spec", spec: { kind: "serial", path, baudRate } };
}

/** Vendor and product, each up to four hexadecimal digits, and a serial number or none. */
const USB_NUMBERS = /^(?:0x)?([0-9a-f]{1,4}):(?:0x)?([0-9a-f]{1,4})(?::(.{1,128}))?$/i;

function parseHid(text: string, rest: string | null): ParsedSpec {
  if (rest === null) return { kind: "spec", spec: { kind: "hid", model: null } };
  const parts = USB_NUMBERS.exec(rest);
  if (parts === null || parts[3] !== undefined) {
    return refused(
      text,
      "mã thiết bị USB gồm hai số hệ 16, ví dụ hid:0c2e:0b6a",
      "a USB device is two hexadecimal numbers, as in hid:0c2e:0b6a",
    );
  }
  return { kind: "spec", spec: { kind: "hid", model: modelOf(parts) } };
}

function parseUsb(text: string, rest: string): ParsedSpec {
  const parts = USB_NUMBERS.exec(rest);
  if (parts === null) {
    return refused(
      text,
      "máy quét USB gồm hai số hệ 16 và có thể thêm số máy, ví dụ usb:1eab:1a10:A0001",
      "a USB scanner is two hexadecimal numbers, with a serial number or without, as in usb:1eab:1a10:A0001",
    );
  }
  const id = { ...modelOf(parts), serialNumber: parts[3] ?? null };
  return { kind: "spec", spec: { kind: "usb", id } };
}

function modelOf([, vendor = "", product = ""]: RegExpExecArray): HidModel {
  return { vendorId: parseInt(vendor, 16), productId: parseInt(product, 16) };
}

function parseDemo(text: string, rest: string | null): ParsedSpec {
  if (rest === null) return { kind: "spec", spec: { kind: "demo", perSecond: DEFAULT_PER_SECOND } };
  const perSecond = /^\d{1,4}(\.\d{1,3})?$/.test(rest) ? Number(rest) : Number.NaN;
  if (perSecond > 0 && perSecond <= MOST_PER_SECOND) {
    return { kind: "spec", spec: { kind: "demo", perSecond } };
  }
  return refused(
    text,
    `số thẻ mỗi giây phải lớn hơn 0 và không quá ${MOST_PER_SECOND}, ví dụ demo:2`,
    `cards a second are more than 0 and at most ${MOST_PER_SECOND}, as in demo:2`,
  );
}

function refused(text: string, vietnamese: string, english: string): ParsedSpec {
  return {
    kind: "refused",
    vietnamese: `--scanner "${text}": ${vietnamese}. Có thể dùng: ${FORMS}.`,
    english: `--scanner "${text}": ${english}. Known: ${FORMS}.`,
  };
}
