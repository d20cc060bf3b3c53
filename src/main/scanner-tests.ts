import type { VerdictView } from "#contract/bridge.ts";
import type { Scan } from "#core/scan.ts";
import { isFault, readScannerTest } from "#core/scanner-test.ts";
import type { ScannerTestReading } from "#core/scanner-test.ts";
import { testCodeNames } from "#core/scanner-test-codes.ts";
import type { TestCodeName } from "#core/scanner-test-codes.ts";
import { nothingRecorded } from "#main/outcome.ts";
import type { Outcome } from "#main/outcome.ts";
import { emptyView } from "#main/verdict-view.ts";

/** Codes of the test sheet at the door: they are about the scanner, so they are no entry and no event. */
export type ScannerTests = {
  /** What to show for a test code; null when the scan is none. `monoMs` is the monotonic clock. */
  take(scan: Scan, lane: string, monoMs: number, verdictNumber: number): Outcome | null;
};

/** A sheet is scanned in one go: what passed before this is forgotten, milliseconds. */
const REMEMBER_MS = 600_000;

/** Remembers for each lane which codes of the sheet it has read without a fault. */
export function createScannerTests(): ScannerTests {
  const passedAt = new Map<string, ReadonlyMap<TestCodeName, number>>();
  return {
    take(scan, lane, monoMs, verdictNumber) {
      const reading = readScannerTest(scan);
      if (reading === null) return null;
      const passed = stillPassed(passedAt.get(lane), monoMs);
      if (reading.findings.some(isFault)) passed.delete(reading.code);
      else passed.set(reading.code, monoMs);
      passedAt.set(lane, passed);
      return outcomeOf(viewOf(reading, passed.size, { scan, lane, verdictNumber }));
    },
  };
}

function stillPassed(
  before: ReadonlyMap<TestCodeName, number> | undefined,
  monoMs: number,
): Map<TestCodeName, number> {
  return new Map([...(before ?? [])].filter(([, atMs]) => monoMs - atMs <= REMEMBER_MS));
}

function outcomeOf(verdict: VerdictView): Outcome {
  return { ...nothingRecorded, verdict, reason: "scanner-test" };
}

function viewOf(
  { code, findings }: ScannerTestReading,
  passed: number,
  shown: { readonly scan: Scan; readonly lane: string; readonly verdictNumber: number },
): VerdictView {
  return {
    ...emptyView(shown.verdictNumber, shown.scan.atMs, shown.lane),
    kind: findings.some(isFault) ? "unknown" : "notice",
    reason: "scanner-test",
    scannerTest: { code, findings, passed, total: testCodeNames.length },
  };
}
