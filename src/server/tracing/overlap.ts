import {
  certainFromMs,
  certainUntilMs,
  cornersOf,
  expectedMsOf,
  integrate,
  likelihood,
  meetingOf,
} from "#server/tracing/meeting.ts";
import type { Meeting, StayPair } from "#server/tracing/meeting.ts";

/** Time together in milliseconds; always certain ≤ expected ≤ possible. */
export type Overlap = {
  /** Both were surely there. */
  readonly certainMs: number;
  /** Mean over what is not known of entries and exits, each taken by itself; good to a second. */
  readonly expectedMs: number;
  /** Both can have been there. */
  readonly possibleMs: number;
};

const NONE: Overlap = { certainMs: 0, expectedMs: 0, possibleMs: 0 };
const STEPS_OVER_CORNERS = 16;

/**
 * Time that index persons and one other person were together: the union over all pairs of stays, never the sum. What
 * an index person leaves in the air counts for `lingeringMs` after the exit. Stays in other places or zones never meet.
 */
export function overlapOf(pairs: readonly StayPair[], lingeringMs: number): Overlap {
  return overlapOfMeetings(pairs.flatMap((pair) => meetingOf(pair, lingeringMs) ?? []));
}

/** The same from meetings, in any order. */
export function overlapOfMeetings(meetings: readonly Meeting[]): Overlap {
  const only = meetings[0];
  if (only === undefined) return NONE;
  if (meetings.length === 1) return ofOne(only);
  const ordered = meetings.toSorted((one, other) => one.startMs - other.startMs);
  let total = NONE;
  let first = 0;
  let untilMs = Number.NEGATIVE_INFINITY;
  // Meetings that touch each other in time are one union; apart they add up.
  for (let next = 0; next <= ordered.length; next += 1) {
    const meeting = ordered[next];
    if (meeting === undefined || (next > first && meeting.startMs >= untilMs)) {
      total = sum(total, union(ordered.slice(first, next)));
      first = next;
      untilMs = Number.NEGATIVE_INFINITY;
    }
    if (meeting !== undefined) untilMs = Math.max(untilMs, meeting.endMs);
  }
  return total;
}

function ofOne(meeting: Meeting): Overlap {
  const possibleMs = meeting.endMs - meeting.startMs;
  const certainMs = Math.max(0, certainUntilMs(meeting) - certainFromMs(meeting));
  // The sum of many pieces may be off by the last bit, and all three are promised in order.
  const expectedMs = Math.min(possibleMs, Math.max(certainMs, expectedMsOf(meeting)));
  return { certainMs, expectedMs, possibleMs };
}

function sum(one: Overlap, other: Overlap): Overlap {
  return {
    certainMs: one.certainMs + other.certainMs,
    expectedMs: one.expectedMs + other.expectedMs,
    possibleMs: one.possibleMs + other.possibleMs,
  };
}

/** The union of meetings, piece by piece between the times at which anything changes. */
function union(meetings: readonly Meeting[]): Overlap {
  const only = meetings[0];
  if (only === undefined) return NONE;
  if (meetings.length === 1) return ofOne(only);
  const times = [...new Set(meetings.flatMap(cornersOf))].toSorted((one, other) => one - other);
  let total = NONE;
  for (let index = 1; index < times.length; index += 1) {
    total = sum(total, pieceOf(meetings, times[index - 1] ?? 0, times[index] ?? 0));
  }
  return total;
}

function pieceOf(meetings: readonly Meeting[], fromMs: number, toMs: number): Overlap {
  const lengthMs = toMs - fromMs;
  const here = meetings.filter((meeting) => meeting.startMs <= fromMs && meeting.endMs >= toMs);
  if (here.length === 0) return NONE;
  if (here.some((meeting) => isCertain(meeting, fromMs, toMs))) {
    return { certainMs: lengthMs, expectedMs: lengthMs, possibleMs: lengthMs };
  }
  // One meeting is a polynomial; the greater of several has corners, which smaller steps come close to.
  const steps = here.length === 1 ? 1 : STEPS_OVER_CORNERS;
  const stepMs = lengthMs / steps;
  const greatest = (atMs: number) =>
    here.reduce((most, meeting) => Math.max(most, likelihood(meeting, atMs)), 0);
  let expectedMs = 0;
  for (let step = 0; step < steps; step += 1) {
    expectedMs += integrate(greatest, fromMs + step * stepMs, fromMs + (step + 1) * stepMs);
  }
  return { certainMs: 0, expectedMs: Math.min(lengthMs, expectedMs), possibleMs: lengthMs };
}

function isCertain(meeting: Meeting, fromMs: number, toMs: number): boolean {
  return certainFromMs(meeting) <= fromMs && certainUntilMs(meeting) >= toMs;
}
