import { pino } from "pino";

/** What the server reports about itself. One word per event, so that a dashboard can count them. */
export type ServerEvent =
  | "started"
  | "stopped"
  | "request"
  | "enrolled"
  | "batch"
  | "quarantine"
  | "incident"
  | "vault"
  | "tracing"
  | "database"
  | "admin";

/** What may stand in a log line: our own words, ids, counts. Never a name, a document number or a payload. */
export type LogFacts = Readonly<Record<string, string | number | boolean | null>>;

/** One line per event. Nobody may log the text of an error: PostgreSQL's and JSON's quote the data they refuse. */
export type ServerLog = {
  event(name: ServerEvent, facts?: LogFacts): void;
  /** A fault of the machine: the names and codes of the error and of its causes, never their texts. */
  fault(name: ServerEvent, cause: unknown): void;
};

/** Longest word in a log line. */
const MAX_WORD = 200;
/** How many causes of an error are named. */
const MAX_CAUSES = 3;

/** JSON lines to `write`. */
export function createServerLog(write: (line: string) => void): ServerLog {
  const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, { write });
  return {
    event: (name, facts = {}) => logger.info({ event: name, ...shortened(facts) }),
    fault: (name, cause) => logger.error({ event: name, faults: faultNames(cause).join(" < ") }),
  };
}

/** An error and its causes as `name(code)`, outermost first. */
export function faultNames(cause: unknown): readonly string[] {
  const names: string[] = [];
  let current = cause;
  while (current instanceof Error && names.length < MAX_CAUSES) {
    const code = "code" in current ? `(${String(current.code).slice(0, MAX_WORD)})` : "";
    names.push(`${current.name}${code}`);
    current = current.cause;
  }
  return names.length === 0 ? ["unknown"] : names;
}

function shortened(facts: LogFacts): LogFacts {
  return Object.fromEntries(
    Object.entries(facts).map(([key, value]) => [
      key,
      typeof value === "string" ? value.slice(0, MAX_WORD) : value,
    ]),
  );
}
