import { create } from "qrcode";
import type { QRCodeSegment } from "qrcode";

/** Where a code will live. It decides how much of it may be lost: a wallet is harder than a screen. */
export type QrUse = "poster" | "wallet-card" | "sheet" | "screen";

/** Error correction of ISO/IEC 18004: about 15, 25 and 30 % of the code may be damaged. */
export type QrLevel = "M" | "Q" | "H";

/** A QR code as modules, without its quiet zone. */
export type QrMatrix = {
  readonly payload: Uint8Array;
  readonly level: QrLevel;
  /** Modules on a side. */
  readonly size: number;
  /** Row by row, 1 is dark. */
  readonly modules: Uint8Array;
};

/** Light modules that belong on every side of a code (ISO/IEC 18004, 9.1). */
export const QUIET_ZONE_MODULES = 4;

/** More bytes than a code for this use can hold. */
export class QrTooLong extends Error {
  override readonly name = "QrTooLong";
  readonly byteCount: number;
  readonly mostBytes: number;
  constructor(byteCount: number, mostBytes: number) {
    super(`a QR code holds ${mostBytes} bytes here, not ${byteCount}`);
    this.byteCount = byteCount;
    this.mostBytes = mostBytes;
  }
}

const levels: Readonly<Record<QrUse, QrLevel>> = {
  poster: "Q",
  "wallet-card": "H",
  sheet: "M",
  screen: "M",
};

/** Bytes in a code of version 40 (ISO/IEC 18004, table 7). */
const capacityBytes: Readonly<Record<QrLevel, number>> = { M: 2_331, Q: 1_663, H: 1_273 };

/** How many bytes of any kind fit into a code for this use. Digits alone take less than half a byte each. */
export function qrCapacityBytes(use: QrUse): number {
  return capacityBytes[levels[use]];
}

/**
 * The code of a payload: a text becomes UTF-8 (digits are packed), bytes stay as they are. Throws {@link QrTooLong}. To
 * print or to show it, use `checkedQr` of `decode-back.ts`, which reads it again first.
 */
export function qrMatrix(payload: string | Uint8Array, use: QrUse): QrMatrix {
  const level = levels[use];
  const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  if (bytes.length === 0) throw new RangeError("an empty QR code says nothing");
  const segments = typeof payload === "string" ? payload : [byteSegment(payload)];
  const { modules } = createOrTooLong(segments, level, bytes.length);
  return { payload: bytes, level, size: modules.size, modules: Uint8Array.from(modules.data) };
}

function byteSegment(data: Uint8Array): QRCodeSegment {
  return { data: Buffer.from(data), mode: "byte" };
}

function createOrTooLong(
  segments: string | QRCodeSegment[],
  level: QrLevel,
  byteCount: number,
): ReturnType<typeof create> {
  try {
    return create(segments, { errorCorrectionLevel: level });
  } catch (cause) {
    if (byteCount > capacityBytes[level]) throw new QrTooLong(byteCount, capacityBytes[level]);
    throw cause;
  }
}
