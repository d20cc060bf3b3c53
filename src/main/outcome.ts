import type { VerdictView } from "#contract/bridge.ts";
import type { DocumentKind } from "#core/credential.ts";
import type { Direction } from "#core/entry.ts";
import type { NotSaved } from "#storage/entry-book.ts";

/** What came of one scan. The entry, if there is one, is durable when this is returned. */
export type Outcome = {
  /** Null when the scan was swallowed: a soft tick, nothing to show. */
  readonly verdict: VerdictView | null;
  readonly documentKind: DocumentKind | null;
  readonly direction: Direction | null;
  readonly reason: string | null;
  /** Null when nothing was recorded. */
  readonly eventId: string | null;
  /** From the scan's last byte in this process to its COMMIT; null when nothing was recorded. */
  readonly durableMs: number | null;
  /** Set when the disk refused: the fault for the log, never for the screen. */
  readonly fault: NotSaved | null;
};

/** What every outcome has in common of which nothing is recorded. */
export const nothingRecorded = {
  documentKind: null,
  direction: null,
  eventId: null,
  durableMs: null,
  fault: null,
} as const satisfies Partial<Outcome>;
