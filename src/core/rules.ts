/** Local defaults under the province's signed bundle. Numbers are design/04 "Fixed values". */
export type Rules = {
  readonly version: number;
  /** Same code again within this time is swallowed: a soft tick, no event. */
  readonly swallowMs: number;
  /** Same person again within this time is a notice, nothing recorded. */
  readonly repeatWindowMs: number;
  /** What an expired card means at this place. Always said, whatever is chosen. */
  readonly expiredCard: "admit" | "refuse";
  /** Most people inside; null: no limit. */
  readonly capacity: number | null;
  /** Keep address, phone and the like at parse time. */
  readonly keepExtras: boolean;
  /** Keyed hashes (hex) of watched identities, each with the number of the case a supervisor may quote. */
  readonly watchList: readonly WatchEntry[];
};

/** One watched identity. The list cannot be read back from the disk. */
export type WatchEntry = { readonly identityHash: string; readonly caseNumber: string };

/** What a station uses until the province says otherwise. */
export const defaultRules: Rules = {
  version: 0,
  swallowMs: 3_000,
  repeatWindowMs: 120_000,
  expiredCard: "admit",
  capacity: null,
  keepExtras: false,
  watchList: [],
};
