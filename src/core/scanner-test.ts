import type { Scan } from "#core/scan.ts";
import {
  distortions,
  markerLetters,
  TEST_MARKER,
  testCodeNames,
  testCodePayload,
} from "#core/scanner-test-codes.ts";
import type { Distortion, TestCodeName } from "#core/scanner-test-codes.ts";

/** One thing that a test code has shown about a scanner and its computer. */
export type ScannerFinding =
  | Exclude<Distortion["cause"], { readonly kind: "input-method" }>
  | { readonly kind: "input-method"; readonly method: "telex" | "vni" | "unknown" }
  /** The scan ended by silence: there is no CR, LF or Tab after it. */
  | { readonly kind: "no-terminator" }
  /** Characters before or after the code that the scanner adds to every scan. */
  | { readonly kind: "prefix" | "suffix"; readonly byteCount: number }
  /** `]Q1` and the like, which TramQR understands and takes off. */
  | { readonly kind: "aim-identifier" }
  | { readonly kind: "truncated"; readonly missingBytes: number }
  | { readonly kind: "slow"; readonly tookMs: number; readonly byteCount: number }
  /** It is a test code, and what happened to it is none of the known things. */
  | { readonly kind: "garbled" };

/** What one test code says about the scanner that read it. */
export type ScannerTestReading = {
  readonly code: TestCodeName;
  /** What has to be set right first, what is merely good to know last; empty: all right. */
  readonly findings: readonly ScannerFinding[];
};

/** Findings that spoil no card: TramQR copes with them. */
const harmless: ReadonlySet<ScannerFinding["kind"]> = new Set([
  "no-terminator",
  "aim-identifier",
  "control-lost",
  "slow",
]);

/** True when cards would be read wrongly until it is set right. */
export function isFault(finding: ScannerFinding): boolean {
  return !harmless.has(finding.kind);
}

/** At 115,200 bits a second 300 bytes take 28 ms, at 9,600 they take 330 ms, by keyboard 300 ms and more. */
const SLOW_MS = 250;
/** An explanation must explain this much of what arrived, and more than "nothing happened" does. */
const CONVINCING = 0.9;

/** Misread letters take up to three times their bytes; what is longer was not bent but made. */
const LONGEST = 3;

const AIM_PREFIX = /^\][A-Za-z][0-9](\\\d{6})?$/;

/** Reads a test code of the sheet; null when the scan is none, which costs one pass over its bytes. */
export function readScannerTest(scan: Scan): ScannerTestReading | null {
  const found = findMarkers(scan.bytes);
  if (found === null) return null;
  const { code } = found;
  const body = bodyFindings(scan, found);
  const findings = [...body, ...edgeFindings(scan.bytes, found), ...arrivalFindings(scan)];
  return { code, findings: findings.toSorted((one, other) => +isFault(other) - +isFault(one)) };
}

type Found = {
  readonly code: TestCodeName;
  /** Where the text between the markers begins and ends, markers included. */
  readonly from: number;
  readonly to: number;
  readonly hasStart: boolean;
  readonly hasEnd: boolean;
};

/** The first and the last marker, whatever the case of their letters. */
function findMarkers(bytes: Uint8Array): Found | null {
  const first = indexOfMarker(bytes, 0);
  if (first === null) return null;
  let last = first;
  for (let next: number | null = first; next !== null; next = indexOfMarker(bytes, next + 1)) {
    last = next;
  }
  const end = last + TEST_MARKER.length;
  const letter = String.fromCharCode(bytes[end] ?? 0).toUpperCase();
  const code = testCodeNames.find((name) => markerLetters[name] === letter);
  if (code === undefined) return null;
  // One marker alone: the other end of the code is lost. A lost tail leaves text behind the marker, a lost head before.
  const isTail = first === last && first > bytes.length - end;
  return {
    code,
    from: isTail ? 0 : first,
    to: first === last && !isTail ? bytes.length : end + 1,
    hasStart: !isTail,
    hasEnd: first !== last || isTail,
  };
}

const UPPER = 0xdf;
const marker = new TextEncoder().encode(TEST_MARKER);

function indexOfMarker(bytes: Uint8Array, from: number): number | null {
  for (let start = from; start <= bytes.length - marker.length - 1; start += 1) {
    if (marker.every((byte, index) => ((bytes[start + index] ?? 0) & UPPER) === byte)) return start;
  }
  return null;
}

function bodyFindings(scan: Scan, found: Found): readonly ScannerFinding[] {
  const expected = testCodePayload(found.code);
  const body = scan.bytes.subarray(found.from, found.to);
  const seen = textOf(body);
  if (seen === expected) return [];
  const byteCount = new TextEncoder().encode(expected).length;
  if (!found.hasStart || !found.hasEnd) {
    return [{ kind: "truncated", missingBytes: Math.max(1, byteCount - body.length) }];
  }
  const explanation = body.length > LONGEST * byteCount ? null : explain(body, seen, expected);
  if (explanation !== null) return [explanation];
  if (scan.interference !== undefined) return [{ kind: "input-method", method: "unknown" }];
  if (isPartOf(seen, expected)) {
    return [{ kind: "truncated", missingBytes: byteCount - body.length }];
  }
  return [{ kind: "garbled" }];
}

/** Strict UTF-8, or with replacement characters. */
function textOf(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** The distortion that makes of the expected text what was seen, or very nearly. */
function explain(body: Uint8Array, seen: string, expected: string): ScannerFinding | null {
  if (seen.includes("\ufffd") && decodes(body, "windows-1258", expected)) {
    return { kind: "charset", charset: "windows-1258" };
  }
  const plain = likeness(seen, expected);
  let best: { readonly cause: Distortion["cause"]; readonly score: number } | null = null;
  for (const { cause, bend } of distortions) {
    const bent = bend(expected);
    const score = bent === expected ? 0 : likeness(seen, bent);
    if (score > (best?.score ?? 0)) best = { cause, score };
  }
  if (best !== null && best.score >= CONVINCING && best.score > plain) return best.cause;
  const hasLetters = /\P{ASCII}/u.test(expected);
  return hasLetters && skeleton(seen) === skeleton(expected)
    ? { kind: "charset", charset: "unknown" }
    : null;
}

function decodes(bytes: Uint8Array, encoding: string, expected: string): boolean {
  return new TextDecoder(encoding).decode(bytes).normalize("NFC") === expected;
}

/** The ASCII of a text: what no encoding changes. */
function skeleton(text: string): string {
  return text.replaceAll(/[^\u0020-\u007e]/g, "");
}

/** True when characters of `whole` were dropped and nothing was added. */
function isPartOf(part: string, whole: string): boolean {
  let at = 0;
  for (const sign of whole) if (sign === part.charAt(at)) at += 1;
  return part.length < whole.length && at === part.length;
}

/** Characters that two texts have in common in order, 0 to 1 of the longer. Letters count apart from their marks. */
function likeness(one: string, other: string): number {
  const [left, right] = [one.normalize("NFD"), other.normalize("NFD")];
  if (left === right) return 1;
  let above: number[] = Array.from({ length: right.length + 1 }, () => 0);
  for (let row = 0; row < left.length; row += 1) {
    const line = [0];
    for (let column = 0; column < right.length; column += 1) {
      const isSame = left.charCodeAt(row) === right.charCodeAt(column);
      line.push(
        isSame ? (above[column] ?? 0) + 1 : Math.max(above[column + 1] ?? 0, line[column] ?? 0),
      );
    }
    above = line;
  }
  return (above.at(-1) ?? 0) / Math.max(left.length, right.length, 1);
}

/** What stands around the code. Framing and spaces that every station takes off are not worth a word. */
function edgeFindings(bytes: Uint8Array, found: Found): readonly ScannerFinding[] {
  const before = textOf(bytes.subarray(0, found.from)).trim();
  const after = textOf(bytes.subarray(found.to)).trim();
  const findings: ScannerFinding[] = [];
  if (AIM_PREFIX.test(before)) findings.push({ kind: "aim-identifier" });
  else if (before !== "") findings.push({ kind: "prefix", byteCount: before.length });
  if (after !== "") findings.push({ kind: "suffix", byteCount: after.length });
  return findings;
}

function arrivalFindings({ arrival, bytes }: Scan): readonly ScannerFinding[] {
  if (arrival === undefined) return [];
  const findings: ScannerFinding[] = [];
  if (arrival.endedBy === "silence") findings.push({ kind: "no-terminator" });
  if (arrival.tookMs > SLOW_MS) {
    findings.push({ kind: "slow", tookMs: Math.round(arrival.tookMs), byteCount: bytes.length });
  }
  return findings;
}
