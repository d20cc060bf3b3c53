import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
import { qrPng } from "#print/qr-image.ts";
import { qrMatrix } from "#print/qr.ts";
import type { QrMatrix, QrUse } from "#print/qr.ts";

declare const wasReadBack: unique symbol;

/** A QR code that was drawn, read again by a decoder, and said the same: the only kind that may be shown or printed. */
export type CheckedQr = QrMatrix & { readonly [wasReadBack]: true };

/** A code was drawn and a decoder did not read from it what went in. It must not be printed. */
export class QrNotReadable extends Error {
  override readonly name = "QrNotReadable";
}

/** Kinds of codes that are looked for. */
export type CodeKind = "QRCode" | "Code128";

/** What a decoder read in a picture. */
export type ReadCode = { readonly kind: string; readonly bytes: Uint8Array };

/** The least that a decoder needs (measured: 2.5 pixels fail in one of ten pictures). */
const PIXELS_PER_MODULE = 3;

/**
 * The code of a payload, read back from its picture byte by byte. Throws QrTooLong when it does not fit, and
 * {@link QrNotReadable} when it is not read as it was meant.
 */
export async function checkedQr(payload: string | Uint8Array, use: QrUse): Promise<CheckedQr> {
  const matrix = qrMatrix(payload, use);
  const codes = await readCodes(qrPng(matrix, PIXELS_PER_MODULE), ["QRCode"]);
  if (!isReadBack(matrix, codes)) {
    throw new QrNotReadable(`${codes.length} codes were read, and not the one that was drawn`);
  }
  return matrix;
}

function isReadBack(matrix: QrMatrix, codes: readonly ReadCode[]): matrix is CheckedQr {
  const [only, ...others] = codes;
  if (only === undefined || others.length > 0) return false;
  return Buffer.compare(only.bytes, matrix.payload) === 0;
}

/** Every code of these kinds in a picture (a PNG file), in the decoder's order; damaged ones are left out. */
export async function readCodes(
  png: Uint8Array,
  kinds: readonly CodeKind[],
): Promise<readonly ReadCode[]> {
  await (decoder ??= loadDecoder());
  const results = await readBarcodes(png, { formats: [...kinds] });
  return results
    .filter((result) => result.isValid)
    .map((result) => ({ kind: result.format, bytes: result.bytes }));
}

/** The decoder is compiled once for the process: 10 ms and 1 MB. It keeps nothing of what it reads. */
let decoder: Promise<void> | null = null;

/** The decoder's own loader would fetch its program from the network: it is given the file from our disk. */
async function loadDecoder(): Promise<void> {
  const path = createRequire(import.meta.url).resolve("zxing-wasm/reader/zxing_reader.wasm");
  const file = await readFile(path);
  const wasmBinary = new Uint8Array(file).buffer;
  await prepareZXingModule({ overrides: { wasmBinary }, fireImmediately: true });
}
