import { encodePng } from "#print/png.ts";
import { readCodes } from "#print/decode-back.ts";

/** A Code 128 bar code (ISO/IEC 15417) as modules, 1 is dark, without its quiet zones. */
export type Code128 = { readonly text: string; readonly modules: Uint8Array };

declare const wasReadBack: unique symbol;

/** A bar code that was drawn and read again: the only kind that may be printed. */
export type CheckedCode128 = Code128 & { readonly [wasReadBack]: true };

/** A bar code was drawn and not read as it was meant. It must not be printed. */
export class BarsNotReadable extends Error {
  override readonly name = "BarsNotReadable";
}

/** Light modules on either side. */
export const BARS_QUIET_ZONE = 10;

const FIRST = 0x20;
const LAST = 0x7e;
const FNC3_B = 96;
const START_B = 104;
/** Widths of bars and spaces for the values 0 to 105, six digits each, and seven for the stop. */
const WIDTHS =
  "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122123221223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323131123131321112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131213113213311213131311123311321331121312113312311332111314111221411431111111224111422121124121421141122141221112214112412122114122411142112142211241211221114413111241112134111111242121142121241114212124112124211411212421112421211212141214121412121111143111341131141114113114311411113411311113141114131311141411131211412211214211232";
const STOP = "2331112";

/**
 * The bar code of printable ASCII in code set B. `isSetting` puts FNC3 behind it, which tells a scanner that the text is a
 * setting and no data. Read back from its picture; throws {@link BarsNotReadable}, and RangeError for other characters.
 */
export async function checkedCode128(text: string, isSetting: boolean): Promise<CheckedCode128> {
  const code = code128(text, isSetting);
  const found = await readCodes(code128Png(code, 3, 60), ["Code128"]);
  if (!isReadBack(code, found)) throw new BarsNotReadable(`${found.length} codes were read`);
  return code;
}

function isReadBack(
  code: Code128,
  found: readonly { readonly bytes: Uint8Array }[],
): code is CheckedCode128 {
  return found.length === 1 && Buffer.from(found[0]?.bytes ?? []).toString("latin1") === code.text;
}

/** See {@link checkedCode128}; not yet read back. */
export function code128(text: string, isSetting: boolean): Code128 {
  const values = Array.from(text, valueOf);
  if (values.length === 0) throw new RangeError("an empty bar code says nothing");
  if (isSetting) values.push(FNC3_B);
  const sum = values.reduce((total, value, index) => total + value * (index + 1), START_B);
  const widths = [START_B, ...values, sum % 103].map(widthsOf).join("") + STOP;
  return { text, modules: toModules(widths) };
}

function valueOf(character: string): number {
  const code = character.charCodeAt(0);
  if (code < FIRST || code > LAST) throw new RangeError("Code 128 B holds printable ASCII only");
  return code - FIRST;
}

function widthsOf(value: number): string {
  return WIDTHS.slice(value * 6, value * 6 + 6);
}

/** Bars and spaces take turns, a bar first. */
function toModules(widths: string): Uint8Array {
  return Uint8Array.from(
    Array.from(widths, Number).flatMap((width, index) =>
      Array.from({ length: width }, () => (index % 2 === 0 ? 1 : 0)),
    ),
  );
}

/** A PNG file of the bars, quiet zones included. */
export function code128Png(
  code: Code128,
  pixelsPerModule: number,
  heightPixels: number,
): Uint8Array {
  const quiet = BARS_QUIET_ZONE * pixelsPerModule;
  const width = code.modules.length * pixelsPerModule + 2 * quiet;
  const height = heightPixels + 2 * quiet;
  const pixels = new Uint8Array(width * height);
  for (let row = quiet; row < height - quiet; row += 1) {
    code.modules.forEach((dark, index) => {
      const from = row * width + quiet + index * pixelsPerModule;
      if (dark === 1) pixels.fill(1, from, from + pixelsPerModule);
    });
  }
  return encodePng({ width, height, pixels });
}
