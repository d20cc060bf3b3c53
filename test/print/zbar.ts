import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Every QR code that zbar, a second and independent decoder, reads in a PNG file, as bytes. */
export function zbarCodes(png: Uint8Array): readonly Buffer[] {
  return inFolder((folder) => {
    const path = join(folder, "code.png");
    writeFileSync(path, png);
    // zbar turns bytes that are not its idea of a text into others, unless it is told that they are bytes.
    const args = ["-q", "--raw", "-Sdisable", "-Sqrcode.enable", "-Sbinary", path];
    const { stdout } = run("zbarimg", args);
    return stdout.length === 0 ? [] : [stdout];
  });
}

/** Every code of any kind on a page (a PNG file) of which each is one line of text, sorted. */
export function zbarPage(png: Uint8Array): readonly string[] {
  return inFolder((folder) => {
    const path = join(folder, "page.png");
    writeFileSync(path, png);
    const { stdout } = run("zbarimg", ["-q", "--raw", path]);
    return stdout
      .toString()
      .split("\n")
      .filter((line) => line !== "")
      .toSorted();
  });
}

/** The pages of a PDF as PNG files, in order, by poppler. */
export function pdfPages(pdf: Uint8Array, dotsPerInch: number): readonly Buffer[] {
  return inFolder((folder) => {
    const path = join(folder, "paper.pdf");
    writeFileSync(path, pdf);
    const count = Number(/Pages:\s+(\d+)/.exec(run("pdfinfo", [path]).stdout.toString())?.[1]);
    return Array.from({ length: count }, (_, index) => {
      const page = `${index + 1}`;
      const to = join(folder, `page-${page}`);
      run("pdftoppm", [
        "-png",
        "-singlefile",
        "-r",
        `${dotsPerInch}`,
        "-f",
        page,
        "-l",
        page,
        path,
        to,
      ]);
      return readFileSync(`${to}.png`);
    });
  });
}

/** The text of a PDF in reading order, and the fonts that it embeds. */
export function pdfText(pdf: Uint8Array): { readonly text: string; readonly fonts: string } {
  return inFolder((folder) => {
    const path = join(folder, "paper.pdf");
    writeFileSync(path, pdf);
    return {
      text: run("pdftotext", ["-layout", path, "-"]).stdout.toString(),
      fonts: run("pdffonts", [path]).stdout.toString(),
    };
  });
}

function run(command: string, args: readonly string[]) {
  const result = spawnSync(command, [...args], { maxBuffer: 64 * 1024 * 1024 });
  if (result.error !== undefined) throw result.error;
  return result;
}

function inFolder<Result>(act: (folder: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), "tramqr-print-"));
  try {
    return act(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
