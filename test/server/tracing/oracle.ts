/**
 * Who was with whom, found the slow way: a row of minutes per person and room, written from the words of
 * docs/operations/tracing.md and sharing nothing with the program. All times of a world are whole minutes, so looking
 * at the middle of every minute is exact for the certain and the possible.
 */

export type OracleEntry = {
  readonly person: string;
  readonly place: string;
  readonly zone: string;
  readonly direction: "in" | "out";
  readonly isDirectionSeen: boolean;
  /** Minutes after the beginning of the world. */
  readonly at: number;
  /** How far the clock may be off, minutes. */
  readonly error: number;
};

export type Minutes = {
  readonly certain: number;
  readonly expected: number;
  readonly possible: number;
};

/** Usual stays in minutes: short, usual, long. */
export type UsualStays = (place: string) => readonly [number, number, number];

type Knot = readonly [minute: number, chance: number];
type Rows = ReadonlyMap<string, Float64Array>;

const LONGEST = 16 * 60;
/** Room for what can have been before the first and after the last entry. */
const BEFORE = 18 * 60;
const LENGTH = BEFORE + 48 * 60;

/** The chance that a person is in each room, minute by minute. */
export function roomsOf(
  entries: readonly OracleEntry[],
  stays: UsualStays,
  lingering: number,
): Rows {
  const rows = new Map<string, Float64Array>();
  const ordered = entries.toSorted((a, b) => a.at - b.at);
  for (let i = 0; i < ordered.length; i += 1) {
    const me = ordered[i]!;
    const [previous, next] = [ordered[i - 1], ordered[i + 1]];
    const came = comingKnots(me, previous, stays(me.place));
    if (came === null) continue;
    const went = goingKnots(me, next, stays(me.place));
    const room = `${me.place}/${me.zone}`;
    const row = rows.get(room) ?? new Float64Array(LENGTH);
    rows.set(room, row);
    for (let minute = 0; minute < LENGTH; minute += 1) {
      const time = minute - BEFORE + 0.5;
      const chance = chanceAt(came, time) * (1 - chanceAt(went, time - lingering));
      if (chance > row[minute]!) row[minute] = chance;
    }
  }
  return rows;
}

export function minutesTogether(index: readonly Rows[], other: Rows): Minutes {
  let [certain, expected, possible] = [0, 0, 0];
  for (let minute = 0; minute < LENGTH; minute += 1) {
    let best = 0;
    for (const one of index) {
      for (const [room, row] of one) {
        best = Math.max(best, row[minute]! * (other.get(room)?.[minute] ?? 0));
      }
    }
    if (best === 1) certain += 1;
    if (best > 0) possible += 1;
    expected += best;
  }
  return { certain, expected, possible };
}

/** Null: this is the exit of the entry before it. */
function comingKnots(
  me: OracleEntry,
  previous: OracleEntry | undefined,
  [short, usual, long]: readonly [number, number, number],
): readonly Knot[] | null {
  if (me.direction === "in") return sure(me);
  const isNear = previous !== undefined && me.at - previous.at <= LONGEST;
  if (isNear && previous.direction === "in" && previous.place === me.place) return null;
  const floor = isNear ? previous.at - previous.error : Number.NEGATIVE_INFINITY;
  const middle = Math.max(floor, me.at - usual);
  return [
    [Math.min(middle, Math.max(floor, me.at - long - me.error)), 0],
    [middle, 0.5],
    [Math.max(middle, Math.max(floor, me.at - short + me.error)), 1],
  ];
}

function goingKnots(
  me: OracleEntry,
  next: OracleEntry | undefined,
  [short, usual, long]: readonly [number, number, number],
): readonly Knot[] {
  if (me.direction === "out") return sure(me);
  const guess = [me.at - me.error + short, me.at + usual, me.at + me.error + long] as const;
  const lowest = Math.min(guess[0], guess[1]);
  if (next === undefined || next.at - me.at > LONGEST) return knots(lowest, guess[1], guess[2]);
  if (next.direction === "out" && next.place === me.place) {
    if (next.isDirectionSeen) return sure(next);
    return knots(Math.min(next.at - next.error, me.at + short), next.at, next.at + next.error);
  }
  const end = Math.max(me.at, next.at + next.error);
  return knots(Math.min(lowest, end), Math.min(guess[1], end), Math.min(guess[2], end));
}

function sure({ at, error }: OracleEntry): readonly Knot[] {
  return knots(at - error, at, at + error);
}

function knots(low: number, middle: number, high: number): readonly Knot[] {
  return [
    [low, 0],
    [middle, 0.5],
    [high, 1],
  ];
}

function chanceAt(line: readonly Knot[], time: number): number {
  const [[low], [middle], [high]] = line as readonly [Knot, Knot, Knot];
  if (time <= low) return 0;
  if (time >= high) return 1;
  return time < middle
    ? (0.5 * (time - low)) / (middle - low)
    : 0.5 + (0.5 * (time - middle)) / (high - middle);
}
