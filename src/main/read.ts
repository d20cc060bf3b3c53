/** `tramqr read`: what the station makes of payloads, one JSON object each. Nothing is recorded or sent. */
import { createHash } from "node:crypto";
import type { Credential } from "#core/credential.ts";
import type { HealthCertificate } from "#core/health-certificate.ts";
import { recognize } from "#core/recognize.ts";
import type { Recognized, RecognizeContext } from "#core/recognize.ts";
import { isFault, readScannerTest } from "#core/scanner-test.ts";
import type { ScannerTestReading } from "#core/scanner-test.ts";
import { decodeScan, readableText } from "#core/text.ts";
import { parseHidReports } from "#drivers/hid-pos.ts";
import { parseReadOptions } from "#main/read-options.ts";
import type { ReadOptions } from "#main/read-options.ts";
import { createHealthCertificateReader } from "#sealing/health-certificate.ts";

/** One printed line. `fields` and `text` only with `--show`, `signature` and `expired` only for health certificates. */
type ReadLine = {
  readonly result: "recognized" | "damaged" | "foreign";
  readonly format: string | null;
  readonly reason: string | null;
  readonly warnings: readonly string[];
  readonly signature?: string;
  readonly expired?: boolean;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly text?: string;
};

const ESCAPE = /\\x([0-9a-f]{2})/gi;

/**
 * Runs `tramqr read [--trust FILE] [--show] [--hid] [--at ISO]` over lines of payloads or reports; returns the exit code. Throws
 * UsageError for a flag or a file that cannot be used.
 */
export async function runRead(
  args: readonly string[],
  input: AsyncIterable<string>,
  write: (line: string) => void,
): Promise<number> {
  const options = parseReadOptions(args, Date.now());
  const context = contextOf(options);
  const payloads = options.isHid ? payloadsOfReports(input) : payloadsOfLines(input);
  for await (const payload of payloads) {
    write(JSON.stringify(payload === null ? tornScan : readLine(payload, context, options)));
  }
  return 0;
}

/** Reports that make no scan: the driver would have dropped them. */
const tornScan: ReadLine = { result: "damaged", format: null, reason: "torn", warnings: [] };

/** Hexadecimal reports, one a line, a blank line after each scan; null for a group that makes none. */
async function* payloadsOfReports(lines: AsyncIterable<string>): AsyncIterable<Uint8Array | null> {
  let reports: Uint8Array[] = [];
  for await (const line of lines) {
    const hex = line.replaceAll(/\s/g, "");
    if (hex !== "") reports.push(Buffer.from(hex, "hex"));
    else {
      yield* scansOf(reports);
      reports = [];
    }
  }
  yield* scansOf(reports);
}

function scansOf(reports: readonly Uint8Array[]): readonly (Uint8Array | null)[] {
  if (reports.length === 0) return [];
  const scans = parseHidReports(reports);
  return scans.length === 0 ? [null] : scans;
}

/** Each line is one payload in UTF-8, in which `\xNN` stands for any byte. */
async function* payloadsOfLines(lines: AsyncIterable<string>): AsyncIterable<Uint8Array> {
  for await (const line of lines) yield unescapeLine(line);
}

function unescapeLine(line: string): Uint8Array {
  // Odd parts are the digits that the pattern captured, even ones the text between.
  const parts = line.split(ESCAPE);
  return Buffer.concat(
    parts.map((part, index) => Buffer.from(part, index % 2 === 1 ? "hex" : "utf8")),
  );
}

/** Without a province there are no keys for personal codes, and opaque codes are told apart by a plain hash. */
function contextOf(options: ReadOptions): RecognizeContext {
  return {
    nowMs: options.nowMs,
    keepExtras: options.showsFields,
    hashOpaque: (text) => createHash("sha256").update(text, "utf8").digest("hex"),
    checkPersonalCode: () => "unknown-signer",
    readHealthCertificate: createHealthCertificateReader(options.signers),
  };
}

function readLine(payload: Uint8Array, context: RecognizeContext, options: ReadOptions): ReadLine {
  const test = readScannerTest({ bytes: payload, atMs: context.nowMs, device: "read" });
  if (test !== null) return testLine(test, payload, options);
  const answer = recognize(payload, context);
  const line = lineOf(answer);
  if (!options.showsFields) return line;
  const fields = fieldsOf(answer);
  const text = readableText(decodeScan(payload).text);
  return fields === null ? { ...line, text } : { ...line, fields, text };
}

/** A code of the test sheet: `reason` is what has to be set right, `warnings` is what else was found. */
function testLine(test: ScannerTestReading, payload: Uint8Array, options: ReadOptions): ReadLine {
  const kinds = test.findings.map(({ kind }) => kind);
  const fault = test.findings.find(isFault)?.kind ?? null;
  const line: ReadLine = {
    result: fault === null ? "recognized" : "damaged",
    format: "scanner-test",
    reason: fault,
    warnings: kinds.filter((kind) => kind !== fault),
  };
  if (!options.showsFields) return line;
  const text = readableText(decodeScan(payload).text);
  return { ...line, fields: { code: test.code, findings: test.findings }, text };
}

function lineOf(answer: Recognized): ReadLine {
  const { format } = answer;
  switch (answer.kind) {
    case "recognized":
      return { result: "recognized", format, reason: null, warnings: answer.credential.warnings };
    case "damaged":
      return { result: "damaged", format, reason: answer.reason, warnings: [] };
    case "foreign":
      return { result: "foreign", format, reason: answer.reason, warnings: [] };
    case "attachment":
      return certificateLine(answer.certificate);
  }
}

function certificateLine(certificate: HealthCertificate): ReadLine {
  return {
    result: "recognized",
    format: "hc1",
    reason: null,
    warnings: certificate.isSignerOutOfDate ? ["signer-out-of-date"] : [],
    signature: certificate.signature,
    expired: certificate.isOutOfDate,
  };
}

function fieldsOf(answer: Recognized): Readonly<Record<string, unknown>> | null {
  if (answer.kind === "recognized") return credentialFields(answer.credential);
  return answer.kind === "attachment" ? certificateFields(answer.certificate) : null;
}

function credentialFields(credential: Credential): Readonly<Record<string, unknown>> {
  return {
    document_kind: credential.documentKind,
    identity: credential.identity,
    document: credential.number,
    name: credential.name,
    birth_date: credential.birthDate,
    sex: credential.sex,
    valid_from: credential.validFrom,
    valid_to: credential.validTo,
    issued_on: credential.issuedOn,
    address: credential.extras?.address ?? null,
    old_document: credential.extras?.oldNumber ?? null,
    phone: credential.extras?.phone ?? null,
    facility: credential.extras?.facility ?? null,
    relatives: credential.extras?.relatives ?? [],
  };
}

function certificateFields(certificate: HealthCertificate): Readonly<Record<string, unknown>> {
  return {
    name: certificate.name,
    birth_date: certificate.birthDate,
    issuer: certificate.issuer,
    issued_at: isoTime(certificate.issuedAtMs),
    expires_at: isoTime(certificate.expiresAtMs),
    event: certificate.event,
  };
}

function isoTime(ms: number | null): string | null {
  return ms === null || Number.isNaN(new Date(ms).getTime()) ? null : new Date(ms).toISOString();
}
