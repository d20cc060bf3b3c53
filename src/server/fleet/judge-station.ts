const MINUTE_MS = 60_000;
const MIB = 1024 * 1024;
/** Three hellos may be missed before a station counts as out of contact. */
export const CONTACT_LIMIT_MS = 16 * MINUTE_MS;
/** A station in contact has sent everything older than this. */
const BACKLOG_LIMIT_MS = 30 * MINUTE_MS;
/** The station warns its guard from the same limit on (design: fixed values). */
const CLOCK_LIMIT_MS = 60_000;
const DISK_LIMIT_BYTES = 500 * MIB;

/** What somebody should look after at a station. */
export type Finding =
  | "never-heard"
  | "no-contact"
  | "backlog-old"
  | "clock-off"
  | "disk-low"
  | "scanner-lost"
  | "policy-old"
  | "lines-in-quarantine"
  | "incident"
  | "upload-only"
  | "wiping"
  | "wiped"
  | "revoked";

/** What is known of a station. Times are UTC milliseconds. */
export type StationFacts = {
  readonly nowMs: number;
  readonly state: string;
  /** It has said that nothing is left on it. */
  readonly isWiped: boolean;
  /** Null while the station has never said hello. */
  readonly health: {
    readonly helloAtMs: number;
    readonly pending: number;
    readonly oldestPendingMs: number | null;
    /** Server time minus the station's wall clock. */
    readonly clockOffsetMs: number;
    readonly diskFreeBytes: number | null;
    readonly scannerStates: readonly string[];
    readonly policyVersion: number;
  } | null;
  readonly newestPolicyVersion: number;
  readonly quarantined: number;
  readonly incidents: number;
};

/** Everything that is to be looked after, gravest first. Pure. */
export function judgeStation(facts: StationFacts): readonly Finding[] {
  const { health, nowMs } = facts;
  if (facts.isWiped) return ["wiped"];
  const ofState = findingOfState(facts);
  if (health === null) return [...ofState, "never-heard"];
  const isAway = nowMs - health.helloAtMs > CONTACT_LIMIT_MS;
  const oldestMs = health.oldestPendingMs ?? nowMs;
  // As the station's own wall clock has it.
  const backlogAgeMs = nowMs - health.clockOffsetMs - oldestMs;
  const checks: readonly (readonly [Finding, boolean])[] = [
    ["no-contact", isAway],
    ["backlog-old", health.pending > 0 && backlogAgeMs > BACKLOG_LIMIT_MS],
    ["incident", facts.incidents > 0],
    ["scanner-lost", health.scannerStates.includes("lost")],
    ["disk-low", health.diskFreeBytes !== null && health.diskFreeBytes < DISK_LIMIT_BYTES],
    ["clock-off", Math.abs(health.clockOffsetMs) >= CLOCK_LIMIT_MS],
    ["policy-old", !isAway && health.policyVersion < facts.newestPolicyVersion],
    ["lines-in-quarantine", facts.quarantined > 0],
  ];
  return [...ofState, ...checks.flatMap(([finding, isSo]) => (isSo ? [finding] : []))];
}

function findingOfState({ state }: StationFacts): readonly Finding[] {
  if (state === "revoked") return ["revoked"];
  if (state === "wipe") return ["wiping"];
  return state === "upload-only" ? ["upload-only"] : [];
}
