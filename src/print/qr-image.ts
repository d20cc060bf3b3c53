import { encodePng } from "#print/png.ts";
import { QUIET_ZONE_MODULES } from "#print/qr.ts";
import type { QrMatrix } from "#print/qr.ts";

/** A run of dark modules in one row, counted from the first module of the quiet zone. */
export type DarkRun = { readonly column: number; readonly row: number; readonly length: number };

/** Modules on a side, with the quiet zone. */
export function sideWithQuietZone(matrix: QrMatrix): number {
  return matrix.size + 2 * QUIET_ZONE_MODULES;
}

/** The dark parts, as few rectangles: for drawing as vectors. */
export function darkRuns(matrix: QrMatrix): readonly DarkRun[] {
  const runs: DarkRun[] = [];
  for (let row = 0; row < matrix.size; row += 1) {
    let start: number | null = null;
    for (let column = 0; column <= matrix.size; column += 1) {
      const isDark = column < matrix.size && matrix.modules[row * matrix.size + column] === 1;
      if (isDark) start ??= column;
      else if (start !== null) {
        runs.push(runAt(start, row, column - start));
        start = null;
      }
    }
  }
  return runs;
}

function runAt(column: number, row: number, length: number): DarkRun {
  return { column: column + QUIET_ZONE_MODULES, row: row + QUIET_ZONE_MODULES, length };
}

/** An SVG document, black on white, quiet zone included, `sizeMm` wide and high. `title` is what a screen reader says. */
export function qrSvg(matrix: QrMatrix, sizeMm: number, title: string): string {
  const side = sideWithQuietZone(matrix);
  const path = darkRuns(matrix)
    .map(({ column, row, length }) => `M${column} ${row}h${length}v1h-${length}z`)
    .join("");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${sizeMm}mm" height="${sizeMm}mm" viewBox="0 0 ${side} ${side}"`,
    ` shape-rendering="crispEdges" role="img"><title>${escapeXml(title)}</title>`,
    `<rect width="${side}" height="${side}" fill="#fff"/><path fill="#000" d="${path}"/></svg>`,
  ].join("");
}

/** A PNG file, quiet zone included, with `pixelsPerModule` pixels on a module's side: 1 or more. */
export function qrPng(matrix: QrMatrix, pixelsPerModule: number): Uint8Array {
  const width = sideWithQuietZone(matrix) * pixelsPerModule;
  const pixels = new Uint8Array(width * width);
  for (const { column, row, length } of darkRuns(matrix)) {
    for (let line = 0; line < pixelsPerModule; line += 1) {
      const from = (row * pixelsPerModule + line) * width + column * pixelsPerModule;
      pixels.fill(1, from, from + length * pixelsPerModule);
    }
  }
  return encodePng({ width, height: width, pixels });
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
