import type { ScannerFinding } from "#core/scanner-test.ts";
import type { FindingWords, ScannerTestTexts } from "#ui/texts/texts.ts";

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const utf8 = "Set the scanner to USB serial (COM) and UTF-8.";
const layouts = { azerty: "AZERTY (French)", qwertz: "QWERTZ (German)", vietnamese: "Vietnamese" };
const methods = { telex: " (Telex)", vni: " (VNI)", unknown: "" };

/** The test sheet's results in English. */
export const scannerTestEn: ScannerTestTexts = {
  right: "READ RIGHT",
  usable: "USABLE",
  wrong: "SET RIGHT",
  next: (passed, total) => `${passed} of ${total} codes right. Please scan the next test code.`,
  ready: "This scanner is ready.",
  notAnEntry: "This code tests the scanner. No entry was made.",
  finding: findingWords,
};

const words = (what: string, todo: string): FindingWords => ({ what, todo });

/** Findings without figures. */
const fixed = {
  "caps-lock": words(
    "Capital and small letters are swapped.",
    "CapsLock off; swap off in the scanner.",
  ),
  "marks-lost": words("Vietnamese letters lost their marks.", utf8),
  "letters-lost": words("Letters with marks did not arrive.", utf8),
  "control-lost": words("The control character GS did not arrive.", "Cards are read all the same."),
  "no-terminator": words(
    "The scanner sends no terminator.",
    "Better set the suffix CR (Enter): faster.",
  ),
  "aim-identifier": words("The scanner sends AIM identifiers; taken off here.", "Nothing to do."),
  garbled: words("The test code arrived wrong.", "Scan again. Still so: reset the scanner."),
} as const;

function findingWords(finding: ScannerFinding): FindingWords {
  switch (finding.kind) {
    case "layout":
      return words(
        `Scanner or computer uses the ${layouts[finding.layout]} keyboard.`,
        "Set scanner and computer to the US keyboard.",
      );
    case "input-method":
      return words(
        `A Vietnamese input method${methods[finding.method]} is on.`,
        "Switch Unikey or EVKey to E.",
      );
    case "charset":
      return words(
        `Vietnamese was read as ${finding.charset === "unknown" ? "another encoding" : finding.charset}.`,
        utf8,
      );
    case "prefix":
      return words(
        `The scanner adds ${finding.byteCount} characters in front.`,
        "Remove the prefix in the scanner.",
      );
    case "suffix":
      return words(
        `The scanner adds ${finding.byteCount} characters behind.`,
        "Remove the suffix; leave only CR.",
      );
    case "truncated":
      return words(
        `${finding.missingBytes} bytes of the code are missing.`,
        "Scan again. Still so: look at cable and speed.",
      );
    case "slow":
      return words(
        `${finding.byteCount} bytes took ${seconds(finding.tookMs)}.`,
        "Better use USB serial, or 115200 baud.",
      );
    case "caps-lock":
    case "marks-lost":
    case "letters-lost":
    case "control-lost":
    case "no-terminator":
    case "aim-identifier":
    case "garbled":
      return fixed[finding.kind];
  }
}
