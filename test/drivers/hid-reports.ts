import type { HidLayout } from "#drivers/hid-report.ts";

/** Builds the input reports of a scan as a scanner with this layout sends them (docs/formats/hid-pos.md). */
export function reportsOf(
  text: string,
  layout: HidLayout,
  options: { readonly aim?: string; readonly neverEnds?: boolean } = {},
): readonly Uint8Array[] {
  const data = new TextEncoder().encode(text);
  const count = Math.max(1, Math.ceil(data.length / 56));
  return Array.from({ length: count }, (_, index) => {
    const chunk = data.subarray(index * 56, index * 56 + 56);
    const isLast = index === count - 1;
    const goesOn = !isLast || (options.neverEnds === true && chunk.length === 56);
    return report(chunk, layout, goesOn, options.aim ?? "]Q1");
  });
}

function report(chunk: Uint8Array, layout: HidLayout, goesOn: boolean, aim: string): Uint8Array {
  const bytes = new Uint8Array(64);
  const start = { A: 5, B: 2, C: 6 }[layout];
  bytes[0] = 2;
  bytes[1] = chunk.length;
  if (layout !== "B") bytes.set(new TextEncoder().encode(aim), start - 3);
  bytes.set(chunk, start);
  if (layout !== "B") bytes[layout === "A" ? 61 : 62] = 0x73;
  bytes[63] = goesOn ? 1 : 0;
  return bytes;
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}
