import type { VerdictView } from "#contract/bridge.ts";
import type { Decision, Situation } from "#core/decide.ts";
import type { LaneDirection } from "#core/entry.ts";
import type { Recognized } from "#core/recognize.ts";
import type { Scan } from "#core/scan.ts";

/** Lane that a scan came from, with the direction in force now. */
export type LaneNow = { readonly name: string; readonly direction: LaneDirection };

/** One scan at its lane, recognised, before it is decided. */
export type TakenScan = {
  readonly recognized: Recognized;
  readonly scan: Scan;
  readonly lane: LaneNow;
  readonly verdictNumber: number;
  /** Monotonic milliseconds when the scan was taken up. */
  readonly startedMs: number;
};

/** All that is known about one scan once it is decided. */
export type DecidedScan = TakenScan & {
  readonly decision: Exclude<Decision, { kind: "swallowed" }>;
  readonly situation: Situation;
  /** Verdict of whoever passed this lane last, for what is shown beside it; null: nobody yet. */
  readonly shown: VerdictView | null;
};
