import type { Credential, DocumentKind } from "#core/credential.ts";
import { localDay } from "#core/dates.ts";
import { decide, forcedExit } from "#core/decide.ts";
import { recognizeScan } from "#core/disturbed.ts";
import type { Situation } from "#core/decide.ts";
import type { Clock } from "#core/ports.ts";
import type { RecognizeContext, Recognized } from "#core/recognize.ts";
import type { Rules } from "#core/rules.ts";
import type { Scan } from "#core/scan.ts";
import type { DecidedScan, LaneNow, TakenScan } from "#main/decided-scan.ts";
import { chipOutcome } from "#main/chip-outcome.ts";
import type { ChipFinding } from "#main/chip-outcome.ts";
import { createLastHereMemory } from "#main/last-here.ts";
import type { LastHere } from "#main/last-here.ts";
import { nothingRecorded } from "#main/outcome.ts";
import type { Outcome } from "#main/outcome.ts";
import { createRecorder } from "#main/recorder.ts";
import type { Recorder, RecorderParts } from "#main/recorder.ts";
import { createSameCodeMemory } from "#main/same-code.ts";
import { createScannerTests } from "#main/scanner-tests.ts";
import { notSavedView, verdictView } from "#main/verdict-view.ts";
import { NotSaved } from "#storage/entry-book.ts";
import type { Recorded } from "#storage/entry-book.ts";

/** What a check-in is made of. */
export type CheckInParts = RecorderParts & {
  readonly context: RecognizeContext;
  readonly rules: () => Rules;
  readonly clock: Clock;
  /** Keyed hash (hex) of an identity under the province's watch-list key. */
  readonly hashWatched: (identity: string) => string;
  /** Verdicts of this run are numbered from the next one on: a stop of the last run may still be on the screen. */
  readonly lastVerdictNumber: number;
};

/** The heart of the station: scan → decision → durable entry → verdict. Synchronous, so two scans never interleave. */
export type CheckIn = {
  take(scan: Scan, lane: LaneNow): Outcome;
  /** F6 on a repeat: the person insists on leaving. Null when that verdict is not the lane's last repeat. */
  forceExit(verdictNumber: number): Outcome | null;
  /** Whose chip it would be that is laid on a reader now; null: nobody's. */
  chipOwner(): LastHere | null;
  takeChip(finding: ChipFinding): Outcome;
};

/** How long a shown repeat may still be turned into an exit. */
const FORCE_EXIT_MS = 60_000;
/** A chip is laid on right after the scan; later it may be the next person's. */
const CHIP_WITHIN_MS = 60_000;

type ShownRepeat = {
  readonly verdictNumber: number;
  readonly credential: Credential;
  readonly lane: LaneNow;
  readonly monoMs: number;
};

export function createCheckIn(parts: CheckInParts): CheckIn {
  const recorder = createRecorder(parts);
  const sameCode = createSameCodeMemory();
  const lastHere = createLastHereMemory();
  const scannerTests = createScannerTests();
  let verdictNumber = parts.lastVerdictNumber;
  let repeat: ShownRepeat | null = null;

  return {
    take(scan, lane) {
      const startedMs = parts.clock.monoMs();
      const tested = scannerTests.take(scan, lane.name, startedMs, verdictNumber + 1);
      if (tested !== null) {
        verdictNumber += 1;
        return tested;
      }
      const context = { ...parts.context, nowMs: scan.atMs, keepExtras: parts.rules().keepExtras };
      const recognized = recognizeScan(scan, context);
      const agoMs = sameCode.agoMs(scan, lane.name, startedMs);
      const taken = { recognized, scan, lane, startedMs, verdictNumber: verdictNumber + 1 };
      return guarded(parts, taken, () => {
        const here = recognized.kind === "attachment" ? lastHere.at(lane.name, startedMs) : null;
        const situation = gather(parts, recognized, scan, lane, agoMs, here);
        const decision = decide(recognized, situation, parts.rules());
        if (decision.kind === "swallowed") return swallowed(recognized);
        verdictNumber += 1;
        if (decision.kind === "repeat" && recognized.kind === "recognized") {
          repeat = { verdictNumber, credential: recognized.credential, lane, monoMs: startedMs };
        }
        const shown = here?.shown ?? null;
        const outcome = act(parts, recorder, { ...taken, decision, situation, shown });
        if (decision.kind === "entry" && recognized.kind === "recognized") {
          lastHere.remember(lane.name, recognized.credential, outcome, startedMs);
        }
        return outcome;
      });
    },
    forceExit(number) {
      const startedMs = parts.clock.monoMs();
      if (repeat === null || repeat.verdictNumber !== number) return null;
      if (startedMs - repeat.monoMs > FORCE_EXIT_MS) return null;
      const { credential, lane } = repeat;
      repeat = null;
      verdictNumber += 1;
      const scan: Scan = { bytes: new Uint8Array(), atMs: parts.clock.nowMs(), device: lane.name };
      const recognized: Recognized = { kind: "recognized", format: credential.format, credential };
      const taken = { recognized, scan, lane, startedMs, verdictNumber };
      return guarded(parts, taken, () => {
        const situation = gather(parts, recognized, scan, lane, null, null);
        const decision = forcedExit(credential, situation);
        return act(parts, recorder, { ...taken, decision, situation, shown: null });
      });
    },
    chipOwner: () => lastHere.latest(parts.clock.monoMs(), CHIP_WITHIN_MS),
    takeChip(finding) {
      verdictNumber += 1;
      return chipOutcome(finding, recorder, { verdictNumber, atMs: parts.clock.nowMs() });
    },
  };
}

/** A disk that refuses, at the look or at the entry, is an outcome: never a green, and the guard writes on paper. */
function guarded(parts: CheckInParts, taken: TakenScan, decideAndAct: () => Outcome): Outcome {
  try {
    return decideAndAct();
  } catch (cause) {
    if (!(cause instanceof NotSaved)) throw cause;
    return {
      ...nothingRecorded,
      verdict: notSavedView(taken),
      documentKind: documentKindOf(taken.recognized),
      reason: "not-saved",
      fault: cause,
    };
  }
}

function gather(
  parts: CheckInParts,
  recognized: Recognized,
  scan: Scan,
  lane: LaneNow,
  sameCodeAgoMs: number | null,
  here: LastHere | null,
): Situation {
  const common = {
    laneDirection: lane.direction,
    today: localDay(scan.atMs),
    sameCodeAgoMs,
    insideCount: parts.book.countInside(),
    personHere: here?.person ?? null,
  };
  if (recognized.kind !== "recognized") {
    return { ...common, lastEntry: null, isInside: false, watchedCase: null };
  }
  const { identity } = recognized.credential;
  const { last, isInside } = parts.book.personState(parts.hashPerson(identity));
  const agoMs = (passage: { bootId: string; monoMs: number; atMs: number }) =>
    passage.bootId === parts.bootId
      ? parts.clock.monoMs() - passage.monoMs
      : scan.atMs - passage.atMs;
  return {
    ...common,
    lastEntry:
      last === null ? null : { direction: last.direction, atMs: last.atMs, agoMs: agoMs(last) },
    isInside,
    watchedCase: watchedCase(parts, identity),
  };
}

function watchedCase(parts: CheckInParts, identity: string): string | null {
  const { watchList } = parts.rules();
  if (watchList.length === 0) return null;
  const hash = parts.hashWatched(identity);
  return watchList.find((entry) => entry.identityHash === hash)?.caseNumber ?? null;
}

function act(parts: CheckInParts, recorder: Recorder, facts: DecidedScan): Outcome {
  const recorded = recordDecision(recorder, facts);
  return {
    verdict: verdictView(facts),
    documentKind: documentKindOf(facts.recognized),
    direction: facts.decision.kind === "entry" ? facts.decision.direction : null,
    reason: reasonOf(facts.decision),
    eventId: recorded?.eventId ?? null,
    durableMs: recorded === null ? null : parts.clock.monoMs() - facts.startedMs,
    fault: null,
  };
}

function documentKindOf(recognized: Recognized): DocumentKind | null {
  return recognized.kind === "recognized" ? recognized.credential.documentKind : null;
}

function recordDecision(recorder: Recorder, facts: DecidedScan): Recorded | null {
  const { decision, recognized, scan, lane } = facts;
  switch (decision.kind) {
    case "repeat":
      return null;
    case "unread":
    case "refused":
      return recorder.unread(scan, lane, recognized.format ?? "none", decision.reason);
    case "stop":
      return recorder.stop(scan, lane, credentialOf(recognized), decision.caseNumber);
    case "attached":
      return recorder.attachment(scan, lane, decision);
    case "entry":
      return recorder.entry(scan, lane, credentialOf(recognized), decision);
  }
}

function credentialOf(recognized: Recognized): Credential {
  if (recognized.kind === "recognized") return recognized.credential;
  throw new TypeError("only a recognised scan has a credential");
}

function reasonOf(decision: DecidedScan["decision"]): string | null {
  switch (decision.kind) {
    case "entry":
      return decision.notice;
    case "repeat":
      return "repeat";
    case "attached":
      return "health-certificate";
    case "stop":
      return "watch-list";
    case "unread":
    case "refused":
      return decision.reason;
  }
}

function swallowed(recognized: Recognized): Outcome {
  return {
    ...nothingRecorded,
    verdict: null,
    documentKind: documentKindOf(recognized),
    reason: "same-code",
  };
}
