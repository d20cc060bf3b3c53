import { doZonesMeet } from "#server/tracing/visit.ts";
import type { Moment, Visit } from "#server/tracing/visit.ts";

/** When and where somebody was. */
export type Stay = Pick<Visit, "place" | "zone" | "entered" | "left">;

/** A stay of an index person beside one of somebody else. */
export type StayPair<Index extends Stay = Stay> = { readonly index: Index; readonly other: Stay };

/** A pair of stays that can have met, from `startMs` until `endMs` at most. */
export type Meeting<Index extends Stay = Stay> = StayPair<Index> & {
  /** How long what the index person leaves in the air counts after the exit. */
  readonly lingeringMs: number;
  readonly startMs: number;
  readonly endMs: number;
};

/** Gauss-Legendre with three points: exact for polynomials of degree 5; ours have degree 4. */
const NODE = Math.sqrt(3 / 5) / 2;
const OUTER_WEIGHT = 5 / 18;
const MIDDLE_WEIGHT = 8 / 18;

/** The meeting of two stays; null when they cannot have met. Stays in other places or zones never meet. */
export function meetingOf<Index extends Stay>(
  { index, other }: StayPair<Index>,
  lingeringMs: number,
): Meeting<Index> | null {
  const startMs = Math.max(index.entered.loMs, other.entered.loMs);
  const endMs = Math.min(index.left.hiMs + lingeringMs, other.left.hiMs);
  if (endMs <= startMs) return null;
  if (index.place !== other.place || !doZonesMeet(index.zone, other.zone)) return null;
  return { index, other, lingeringMs, startMs, endMs };
}

/** From when on both were surely there; they never were, when this is not before {@link certainUntilMs}. */
export function certainFromMs({ index, other }: Meeting): number {
  return Math.max(index.entered.hiMs, other.entered.hiMs);
}

export function certainUntilMs({ index, other, lingeringMs }: Meeting): number {
  return Math.min(index.left.loMs + lingeringMs, other.left.loMs);
}

/** The mean time together, exactly: the integral of {@link likelihood} over the whole meeting. */
export function expectedMsOf(meeting: Meeting): number {
  return simplyExpectedMs(meeting) ?? integralMs(meeting);
}

/** The chance that both are there at a time. */
export function likelihood({ index, other, lingeringMs }: Meeting, atMs: number): number {
  return (
    hasHappened(index.entered, atMs) *
    (1 - hasHappened(index.left, atMs - lingeringMs)) *
    hasHappened(other.entered, atMs) *
    (1 - hasHappened(other.left, atMs))
  );
}

/** All times within the meeting at which {@link likelihood} may begin another polynomial, rising, its ends among them. */
export function cornersOf({ index, other, lingeringMs, startMs, endMs }: Meeting): number[] {
  const corners = [startMs, endMs];
  addCorners(corners, index.entered, 0);
  addCorners(corners, other.entered, 0);
  addCorners(corners, other.left, 0);
  addCorners(corners, index.left, lingeringMs);
  return corners;
}

/** A polynomial of at most degree 5 between two times, integrated. */
export function integrate(polynomial: (atMs: number) => number, fromMs: number, toMs: number) {
  const middleMs = (fromMs + toMs) / 2;
  const reachMs = NODE * (toMs - fromMs);
  const outer = polynomial(middleMs - reachMs) + polynomial(middleMs + reachMs);
  return (OUTER_WEIGHT * outer + MIDDLE_WEIGHT * polynomial(middleMs)) * (toMs - fromMs);
}

/**
 * Where only one of the four moments is open at a time, the mean is from the mean beginning to the mean end; null where
 * it is not so simple.
 */
function simplyExpectedMs({ index, other, lingeringMs }: Meeting): number | null {
  const start = later(index.entered, other.entered);
  const end = earlier(index.left, lingeringMs, other.left);
  if (start === null || end === null) return null;
  const moreMs = end === index.left ? lingeringMs : 0;
  return start.hiMs > end.loMs + moreMs ? null : meanMs(end) + moreMs - meanMs(start);
}

/** The later of two moments; null when either can be. */
function later(one: Moment, other: Moment): Moment | null {
  if (one.loMs >= other.hiMs) return one;
  return other.loMs >= one.hiMs ? other : null;
}

/** The earlier of two moments, the first of which is put off; null when either can be. */
function earlier(one: Moment, moreMs: number, other: Moment): Moment | null {
  if (one.hiMs + moreMs <= other.loMs) return one;
  return other.hiMs <= one.loMs + moreMs ? other : null;
}

function meanMs({ loMs, midMs, hiMs }: Moment): number {
  return (loMs + 2 * midMs + hiMs) / 4;
}

function integralMs(meeting: Meeting): number {
  const corners = cornersOf(meeting);
  const at = (atMs: number) => likelihood(meeting, atMs);
  let totalMs = 0;
  for (let index = 1; index < corners.length; index += 1) {
    totalMs += integrate(at, corners[index - 1] ?? 0, corners[index] ?? 0);
  }
  return totalMs;
}

function addCorners(corners: number[], { loMs, midMs, hiMs }: Moment, moreMs: number): void {
  addCorner(corners, loMs + moreMs);
  addCorner(corners, midMs + moreMs);
  addCorner(corners, hiMs + moreMs);
}

/** Keeps the list rising and without doubles; its ends stay its ends. */
function addCorner(corners: number[], atMs: number): void {
  let place = corners.length - 1;
  if (atMs >= (corners[place] ?? 0)) return;
  while (place > 0 && atMs <= (corners[place - 1] ?? 0)) {
    if (atMs === corners[place - 1]) return;
    place -= 1;
  }
  if (place > 0) corners.splice(place, 0, atMs);
}

/** The likelihood that a moment is over: half of it before the middle, evenly on either side. */
function hasHappened({ loMs, midMs, hiMs }: Moment, atMs: number): number {
  if (atMs >= hiMs) return 1;
  if (atMs < loMs) return 0;
  if (atMs < midMs) return (0.5 * (atMs - loMs)) / (midMs - loMs);
  return 0.5 + (0.5 * (atMs - midMs)) / (hiMs - midMs);
}
