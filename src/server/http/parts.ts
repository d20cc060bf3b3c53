import type { Clock, Random } from "#core/ports.ts";
import type { CitizenLimits } from "#server/citizens/limits.ts";
import type { Pool } from "#server/database/pool.ts";
import type { ServerLog } from "#server/log.ts";
import type { ProvinceSecrets } from "#server/vault/province-keys.ts";
import type { Vault } from "#server/vault/vault.ts";

/** What the server is built from. Nothing in it reads a clock or makes chance of its own. */
export type ServerParts = {
  readonly pool: Pool;
  /** For citizens' pages and calls; default: `pool`. */
  readonly citizensPool?: Pool;
  readonly secrets: ProvinceSecrets;
  /** Answers wait for it to catch up; left out where another process keys the entries. */
  readonly vault?: Pick<Vault, "catchUp">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: ServerLog;
  /** Shown at `/version`. */
  readonly version: string;
  readonly limits?: Partial<ServerLimits>;
  readonly citizenLimits?: Partial<CitizenLimits>;
  /** New sealed bodies are stored. */
  readonly onStored?: () => void;
  /** A request was answered; `route` is its pattern. */
  readonly observe?: (route: string, status: number, seconds: number) => void;
};

export type ServerLimits = {
  /** Stations' and officers' requests that are worked on at once; more are sent away with 429. */
  readonly maxInFlight: number;
  /** The same for citizens' pages and calls, apart: a crowd of them never keeps a station waiting. */
  readonly maxCitizensInFlight: number;
  /** Enrolment attempts per minute from one address. */
  readonly enrolmentsPerMinute: number;
  /** Time between two hellos of a station, milliseconds. */
  readonly helloIntervalMs: number;
  /** Questions about persons, and names, that one officer may ask for in a minute. */
  readonly questionsPerMinute: number;
  /** Such questions that are worked on at once: stations' uploads need the database, too. */
  readonly maxQuestions: number;
  /** How long one statement of such a question may take, milliseconds. */
  readonly questionMs: number;
};

export const defaultLimits: ServerLimits = {
  maxInFlight: 64,
  maxCitizensInFlight: 32,
  enrolmentsPerMinute: 30,
  helloIntervalMs: 300_000,
  questionsPerMinute: 30,
  maxQuestions: 4,
  questionMs: 15_000,
};
