import type { Clock, Random } from "#core/ports.ts";
import type { CitizenLimits } from "#server/citizens/limits.ts";
import type { Pool } from "#server/database/pool.ts";
import type { ServerLog } from "#server/log.ts";
import type { ProvinceSecrets } from "#server/vault/province-keys.ts";

/** What the server is built from. Nothing in it reads a clock or makes chance of its own. */
export type ServerParts = {
  readonly pool: Pool;
  /** For citizens' pages and calls; default: `pool`. */
  readonly citizensPool?: Pool;
  readonly secrets: ProvinceSecrets;
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
};

export const defaultLimits: ServerLimits = {
  maxInFlight: 64,
  maxCitizensInFlight: 32,
  enrolmentsPerMinute: 30,
  helloIntervalMs: 300_000,
};
