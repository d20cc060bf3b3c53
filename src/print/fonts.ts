import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The two weights that are embedded into every PDF: Noto Sans with every Vietnamese letter. */
export type PrintFonts = { readonly regular: Uint8Array; readonly bold: Uint8Array };

/** Reads the fonts that come with the program. */
export function readPrintFonts(): PrintFonts {
  const folder = fontsFolder(dirname(fileURLToPath(import.meta.url)));
  return {
    regular: readFileSync(join(folder, "noto-sans-regular.ttf")),
    bold: readFileSync(join(folder, "noto-sans-bold.ttf")),
  };
}

/** Above the sources and above the built program alike; this file may be bundled at any depth. */
function fontsFolder(from: string): string {
  const folder = join(from, "resources/fonts");
  if (existsSync(folder)) return folder;
  const parent = dirname(from);
  if (parent === from) throw new Error("resources/fonts is missing from the program");
  return fontsFolder(parent);
}
