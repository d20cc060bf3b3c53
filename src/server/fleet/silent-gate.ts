import { VIETNAM_OFFSET_MS } from "#core/dates.ts";
import { spansOn } from "#server/fleet/hours-in-force.ts";
import type { HoursSpan } from "#server/fleet/hours-in-force.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MINUTE_MS = 60_000;
/** Day 0 of the epoch was a Thursday; weekday 1 is Monday. */
const EPOCH_WEEKDAY = 4;
/** Silence is looked at for as long as this; a gate that is silent longer is as silent as can be. */
const LONGEST_LOOK_MS = 7 * DAY_MS;
/** Of gates with this many entries to be expected one in a thousand is silent by chance (Poisson: e^-6.9). */
const SURPRISING_ENTRIES = 6.9;
/** People come in crowds, which chance does not know of: a short pause is never silence. */
const SHORTEST_SILENCE_MS = 20 * MINUTE_MS;
/** A gate without a history is silent when it was open for so long and nobody came. */
const SILENT_WITHOUT_HISTORY_MS = 3 * HOUR_MS;

export type GateFacts = {
  readonly nowMs: number;
  /** The newest entry that is here; null when there was none. UTC milliseconds. */
  readonly lastEntryMs: number | null;
  /** When the gate got its first station. */
  readonly sinceMs: number;
  /** Null when nobody has said: then only the history speaks. A day without a span is closed. */
  readonly hours: readonly HoursSpan[] | null;
  /** Entries that this weekday (1 to 7) and hour (0 to 23) usually have; null when there are too few days to say. */
  readonly usual: ((weekday: number, hour: number) => number) | null;
};

/** What a gate's quiet means. */
export type Silence =
  /** Entries come, or none were to be expected yet. */
  | { readonly kind: "normal"; readonly quietMs: number }
  /** Nobody is expected at this hour. */
  | { readonly kind: "closed"; readonly quietMs: number }
  | {
      readonly kind: "silent";
      readonly quietMs: number;
      /** Entries that should have come since the last one; null when the gate has no history. */
      readonly expected: number | null;
    };

/** Judges a gate by its own history and its opening hours. Pure. */
export function judgeSilence(facts: GateFacts): Silence {
  const quietSinceMs = Math.max(facts.lastEntryMs ?? facts.sinceMs, facts.nowMs - LONGEST_LOOK_MS);
  const quietMs = Math.max(0, facts.nowMs - quietSinceMs);
  if (quietMs < SHORTEST_SILENCE_MS) return { kind: "normal", quietMs };
  const isOpenNow = openShare(facts.nowMs, facts.nowMs + 1, facts.hours) > 0;
  if (!isOpenNow) return { kind: "closed", quietMs };
  const { openMs, expected } = addUp(quietSinceMs, facts);
  const isSilent =
    facts.usual === null
      ? facts.hours !== null && openMs >= SILENT_WITHOUT_HISTORY_MS
      : expected >= SURPRISING_ENTRIES;
  if (!isSilent) return { kind: "normal", quietMs };
  return { kind: "silent", quietMs, expected: facts.usual === null ? null : expected };
}

function addUp(fromMs: number, facts: GateFacts): { openMs: number; expected: number } {
  let openMs = 0;
  let expected = 0;
  for (let atMs = fromMs; atMs < facts.nowMs;) {
    const endMs = Math.min(nextHourMs(atMs), facts.nowMs);
    const open = openShare(atMs, endMs, facts.hours);
    const usual = facts.usual?.(weekdayOf(atMs), hourOf(atMs)) ?? 0;
    openMs += open * (endMs - atMs);
    expected += (usual * open * (endMs - atMs)) / HOUR_MS;
    atMs = endMs;
  }
  return { openMs, expected };
}

/** The part of a stretch within one hour for which the gate is open; all of it when nobody has said. */
function openShare(fromMs: number, toMs: number, hours: GateFacts["hours"]): number {
  if (hours === null) return 1;
  const midnightMs = fromMs - localMs(fromMs);
  const openMs = spansOn(hours, weekdayOf(fromMs)).reduce((sum, { fromMinute, toMinute }) => {
    const opensMs = Math.max(fromMs, midnightMs + fromMinute * MINUTE_MS);
    const closesMs = Math.min(toMs, midnightMs + toMinute * MINUTE_MS);
    return sum + Math.max(0, closesMs - opensMs);
  }, 0);
  // Two spans that somebody wrote over one another are still one opening.
  return Math.min(1, openMs / (toMs - fromMs));
}

/** Milliseconds since local midnight. */
function localMs(atMs: number): number {
  return (((atMs + VIETNAM_OFFSET_MS) % DAY_MS) + DAY_MS) % DAY_MS;
}

function hourOf(atMs: number): number {
  return Math.floor(localMs(atMs) / HOUR_MS);
}

function nextHourMs(atMs: number): number {
  return atMs - (localMs(atMs) % HOUR_MS) + HOUR_MS;
}

function weekdayOf(atMs: number): number {
  const day = Math.floor((atMs + VIETNAM_OFFSET_MS) / DAY_MS);
  return ((day + EPOCH_WEEKDAY - 1) % 7) + 1;
}
