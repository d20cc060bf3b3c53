import { parseArgs } from "node:util";
import { readTrustFile } from "#main/trust-file.ts";
import { UsageError } from "#main/usage-error.ts";
import type { TrustedSigner } from "#sealing/trust-list.ts";

/** What `tramqr read` was asked to do. */
export type ReadOptions = {
  /** Signers of health certificates; empty without `--trust`. */
  readonly signers: readonly TrustedSigner[];
  /** Print what the payload says, and its text. False keeps personal data off the terminal. */
  readonly showsFields: boolean;
  /** The input is hexadecimal HID reports, a blank line between scans, instead of payloads. */
  readonly isHid: boolean;
  /** UTC milliseconds that every payload is read at. */
  readonly nowMs: number;
};

const flags = {
  trust: { type: "string" },
  show: { type: "boolean" },
  hid: { type: "boolean" },
  at: { type: "string" },
} as const;
/** A date, or date and time; without a zone it is Vietnam's. */
const ISO_TIME = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;
const VIETNAM = "+07:00";

/** Throws {@link UsageError} in words for the person at the terminal. `wallMs` is the clock that `--at` replaces. */
export function parseReadOptions(args: readonly string[], wallMs: number): ReadOptions {
  const given = parseFlags(args);
  return {
    signers: given.trust === undefined ? [] : readTrustFile(given.trust),
    showsFields: given.show ?? false,
    isHid: given.hid ?? false,
    nowMs: given.at === undefined ? wallMs : parseTime(given.at),
  };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: false })
      .values;
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split(". ")[0] ?? "") : "";
    const known = "--trust FILE --show --hid --at ISO";
    throw new UsageError(
      `Không hiểu tham số (${reason}). Có thể dùng: ${known}`,
      `${reason}. Known flags: ${known}`,
    );
  }
}

function parseTime(text: string): number {
  const match = ISO_TIME.exec(text);
  const hasTime = text.includes("T");
  const zoned = match?.[1] === undefined ? `${text}${hasTime ? "" : "T00:00"}${VIETNAM}` : text;
  const ms = match === null ? Number.NaN : Date.parse(zoned);
  if (Number.isFinite(ms)) return ms;
  throw new UsageError(
    `--at cần thời điểm như 2026-11-24T09:30:00+07:00, không phải "${text}".`,
    `--at wants a time such as 2026-11-24T09:30:00+07:00, not "${text}".`,
  );
}
