import { crc32, deflateSync } from "node:zlib";

/** A black and white picture: row by row, 1 is dark. */
export type Bitmap = {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
};

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** A PNG file (ISO/IEC 15948) of one bit a pixel. */
export function encodePng(bitmap: Bitmap): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(bitmap.width, 0);
  header.writeUInt32BE(bitmap.height, 4);
  // One bit of grey a pixel; the other three bytes name the only methods that exist.
  header[8] = 1;
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(packedRows(bitmap))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** Eight pixels a byte, and before each row the number of its filter: none. */
function packedRows({ width, height, pixels }: Bitmap): Buffer {
  const rowBytes = 1 + Math.ceil(width / 8);
  const rows = Buffer.alloc(rowBytes * height);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const isLight = pixels[row * width + column] !== 1;
      const at = row * rowBytes + 1 + (column >> 3);
      if (isLight) rows[at] = (rows[at] ?? 0) | (0x80 >> (column & 7));
    }
  }
  return rows;
}

function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const framed = Buffer.alloc(named.length + 8);
  framed.writeUInt32BE(content.length, 0);
  named.copy(framed, 4);
  framed.writeUInt32BE(crc32(named), named.length + 4);
  return framed;
}
