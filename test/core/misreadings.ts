/** What scanners do to UTF-8: read it as something else and pass the characters on, or send another code page raw. */
export const misreadings = [
  "latin-1",
  "windows-1252",
  "windows-1258",
  "big5",
  "shift_jis",
  "gb18030",
] as const;

/** UTF-8 bytes read as `encoding`, as a decoder with its mind made up does it, and sent on as UTF-8. */
export function misread(text: string, encoding: (typeof misreadings)[number]): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (encoding === "latin-1") {
    return new TextEncoder().encode(String.fromCharCode(...bytes));
  }
  return new TextEncoder().encode(new TextDecoder(encoding).decode(bytes));
}

/** Text as the bytes of Windows-1258 or Windows-1252; null when a letter is not in the code page. */
export function rawCodePage(
  text: string,
  encoding: "windows-1258" | "windows-1252",
): Uint8Array | null {
  const table = new Map<string, number>();
  for (let byte = 0; byte < 256; byte += 1) {
    table.set(new TextDecoder(encoding).decode(Uint8Array.of(byte)), byte);
  }
  const bytes: number[] = [];
  for (const letter of text.normalize("NFC")) {
    const parts = table.has(letter) ? [letter] : splitTone(letter);
    for (const part of parts) {
      const byte = table.get(part);
      if (byte === undefined) return null;
      bytes.push(byte);
    }
  }
  return Uint8Array.from(bytes);
}

/** Windows-1258 has ê and the tone of its own, but not ễ. */
function splitTone(letter: string): readonly string[] {
  const decomposed = letter.normalize("NFD");
  const tone = /[\u0300\u0301\u0303\u0309\u0323]/.exec(decomposed)?.[0] ?? "";
  return [decomposed.replace(tone, "").normalize("NFC"), tone];
}
