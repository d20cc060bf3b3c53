import { pino } from "pino";

/** One JSON line per event: codes, ids and counts. The types leave no room for a name, a number or a payload. */
export type Log = {
  event(name: LogEvent, facts?: Readonly<Record<string, number | boolean | LogCode>>): void;
  /** A machine fault: its name and its cause's name and code, never its text, which may quote data. */
  fault(name: LogEvent, cause: unknown): void;
};

/** What may stand in a log line besides numbers: a word of ours, an id, a folder or an address of this station. */
export type LogCode = string & { readonly logCode?: never };

export type LogEvent =
  | "started"
  | "stopped"
  | "enrolled"
  | "scan"
  | "dropped"
  | "scanner"
  | "chip"
  | "awake"
  | "network"
  | "not-saved"
  | "ballast-released"
  | "ballast-restored"
  | "clock-jump"
  | "disk"
  | "housekeeping"
  | "new-instance"
  | "rules"
  | "order"
  | "wipe"
  | "screen"
  | "server";

/** Longest code in a log line. */
const MAX_CODE = 200;

/** Writes to `stream` (standard error by default). */
export function createLog(write: (line: string) => void): Log {
  const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, { write });
  return {
    event(name, facts = {}) {
      const short = Object.entries(facts).map(([key, value]) => [
        key,
        typeof value === "string" ? value.slice(0, MAX_CODE) : value,
      ]);
      logger.info({ event: name, ...Object.fromEntries(short) });
    },
    fault(name, cause) {
      logger.error({ event: name, ...faultFacts(cause) });
    },
  };
}

function faultFacts(cause: unknown): Readonly<Record<string, string>> {
  if (!(cause instanceof Error)) return { fault: "unknown" };
  const code = "code" in cause ? String(cause.code) : "";
  const inner = cause.cause instanceof Error ? faultFacts(cause.cause) : {};
  return {
    fault: cause.name,
    ...(code === "" ? {} : { code }),
    ...(inner["fault"] === undefined
      ? {}
      : { cause: inner["fault"], cause_code: inner["code"] ?? "" }),
  };
}
