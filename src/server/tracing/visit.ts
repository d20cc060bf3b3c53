/** When something happened, as well as it is known: not before `loMs`, as likely before `midMs` as after, not after `hiMs`. UTC milliseconds. */
export type Moment = { readonly loMs: number; readonly midMs: number; readonly hiMs: number };

/**
 * How the end of a visit is known: a scan at an exit; the person was seen again, so had left; the place closed; what is
 * usual at places of this type; nothing but the longest stay.
 */
export type ExitKnown = "seen" | "next-sighting" | "place-closed" | "model" | "unknown";

/** A person in a place: an entry with the exit that belongs to it, or an exit whose entry nobody saw. */
export type Visit = {
  /** The event that the visit stands on; one event, at most one visit. */
  readonly eventId: string;
  /** 32 hex digits. */
  readonly subject: string;
  readonly place: string;
  /** Part of the place; null: the place is one whole. */
  readonly zone: string | null;
  readonly gate: string;
  readonly entered: Moment;
  readonly left: Moment;
  /** False when only the exit was scanned. */
  readonly isEntrySeen: boolean;
  readonly exitKnown: ExitKnown;
};

/**
 * Longest visit that is believed: an exit later than this after an entry belongs to another visit. Bounds how far a
 * late event can change the past, and how far back a question must look.
 */
export const LONGEST_STAY_MS = 16 * 3_600_000;
/** A clock is believed to be at most so far off, whatever it says of itself. */
export const WORST_CLOCK_MS = 30 * 60_000;
/** From the earliest entry to the latest exit of one visit. */
export const LONGEST_SPAN_MS = LONGEST_STAY_MS + 2 * WORST_CLOCK_MS;

/** A moment from three times in any order of trust: the middle wins, the ends give way. */
export function moment(loMs: number, midMs: number, hiMs: number): Moment {
  return { loMs: Math.min(loMs, midMs), midMs, hiMs: Math.max(midMs, hiMs) };
}

/** A moment that is known up to an error. */
export function around(atMs: number, errorMs: number): Moment {
  return { loMs: atMs - errorMs, midMs: atMs, hiMs: atMs + errorMs };
}

/** Whether two parts of one place are the same air; a place without parts is all of it. */
export function doZonesMeet(one: string | null, other: string | null): boolean {
  return one === null || other === null || one === other;
}
