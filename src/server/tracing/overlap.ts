import { doZonesMeet } from "#server/tracing/visit.ts";
import type { Moment, Visit } from "#server/tracing/visit.ts";

/** Time together in milliseconds; always certain ≤ expected ≤ possible. */
export type Overlap = {
  /** Both were surely there. */
  readonly certainMs: number;
  /** Mean over what is not known of entries and exits, each taken by itself; good to a second. */
  readonly expectedMs: number;
  /** Both can have been there. */
  readonly possibleMs: number;
};

/** When and where somebody was. */
export type Stay = Pick<Visit, "place" | "zone" | "entered" | "left">;

/** A stay of an index person beside one of somebody else. */
export type StayPair = { readonly index: Stay; readonly other: Stay };

/** Somebody in a room: from `from` on, until `to`. */
type Presence = { readonly from: Moment; readonly to: Moment };
type Meeting = {
  readonly index: Presence;
  readonly other: Presence;
  readonly startMs: number;
  readonly endMs: number;
};

const NONE: Overlap = { certainMs: 0, expectedMs: 0, possibleMs: 0 };
/** Gauss-Legendre with three points: exact for polynomials of degree 5; ours have degree 4. */
const NODE = Math.sqrt(3 / 5) / 2;
const NODES = [
  [0.5 - NODE, 5 / 18],
  [0.5, 8 / 18],
  [0.5 + NODE, 5 / 18],
] as const;
const STEPS_OVER_CORNERS = 16;

/**
 * Time that index persons and one other person were together: the union over all pairs of stays, never the sum. What
 * an index person leaves in the air counts for `lingeringMs` after the exit. Stays in other places or zones never meet.
 */
export function overlapOf(pairs: readonly StayPair[], lingeringMs: number): Overlap {
  const meetings = pairs
    .flatMap((pair) => meetingOf(pair, lingeringMs))
    .toSorted((one, other) => one.startMs - other.startMs);
  let total = NONE;
  let cluster: Meeting[] = [];
  let clusterEndMs = Number.NEGATIVE_INFINITY;
  for (const meeting of meetings) {
    if (meeting.startMs >= clusterEndMs) {
      total = sum(total, union(cluster));
      cluster = [];
    }
    cluster.push(meeting);
    clusterEndMs = Math.max(clusterEndMs, meeting.endMs);
  }
  return sum(total, union(cluster));
}

function meetingOf({ index, other }: StayPair, lingeringMs: number): readonly Meeting[] {
  if (index.place !== other.place || !doZonesMeet(index.zone, other.zone)) return [];
  const startMs = Math.max(index.entered.loMs, other.entered.loMs);
  const endMs = Math.min(index.left.hiMs + lingeringMs, other.left.hiMs);
  if (endMs <= startMs) return [];
  const left = index.left;
  const lingering: Moment = {
    loMs: left.loMs + lingeringMs,
    midMs: left.midMs + lingeringMs,
    hiMs: left.hiMs + lingeringMs,
  };
  return [
    {
      index: { from: index.entered, to: lingering },
      other: { from: other.entered, to: other.left },
      startMs,
      endMs,
    },
  ];
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
  const times = [...new Set(meetings.flatMap(timesOf))].toSorted((one, other) => one - other);
  let total = NONE;
  for (let index = 1; index < times.length; index += 1) {
    const [fromMs = 0, toMs = 0] = [times[index - 1], times[index]];
    total = sum(total, pieceOf(meetings, fromMs, toMs));
  }
  return total;
}

function timesOf({ index, other, startMs, endMs }: Meeting): readonly number[] {
  const moments = [index.from, index.to, other.from, other.to];
  const times = moments.flatMap(({ loMs, midMs, hiMs }) => [loMs, midMs, hiMs]);
  return [startMs, endMs, ...times.filter((time) => time > startMs && time < endMs)];
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
  let expectedMs = 0;
  for (let step = 0; step < steps; step += 1) {
    expectedMs += expectedIn(here, fromMs + step * stepMs, stepMs);
  }
  return { certainMs: 0, expectedMs: Math.min(lengthMs, expectedMs), possibleMs: lengthMs };
}

function expectedIn(meetings: readonly Meeting[], fromMs: number, lengthMs: number): number {
  let share = 0;
  for (const [node, weight] of NODES) {
    const atMs = fromMs + node * lengthMs;
    share += weight * Math.max(...meetings.map((meeting) => likelihood(meeting, atMs)));
  }
  return share * lengthMs;
}

function isCertain({ index, other }: Meeting, fromMs: number, toMs: number): boolean {
  return [index, other].every(({ from, to }) => from.hiMs <= fromMs && to.loMs >= toMs);
}

function likelihood({ index, other }: Meeting, atMs: number): number {
  return presence(index, atMs) * presence(other, atMs);
}

function presence({ from, to }: Presence, atMs: number): number {
  return hasHappened(from, atMs) * (1 - hasHappened(to, atMs));
}

/** The likelihood that a moment is over: half of it before the middle, evenly on either side. */
function hasHappened({ loMs, midMs, hiMs }: Moment, atMs: number): number {
  if (atMs >= hiMs) return 1;
  if (atMs < loMs) return 0;
  if (atMs < midMs) return (0.5 * (atMs - loMs)) / (midMs - loMs);
  return 0.5 + (0.5 * (atMs - midMs)) / (hiMs - midMs);
}
