/** A stretch in which a gate or place is open: minutes after local midnight of that weekday (1 is Monday). */
export type HoursSpan = {
  readonly weekday: number;
  readonly opensMinute: number;
  /** Beyond 1440 it is the next day's morning. */
  readonly closesMinute: number;
};

/** A span as the database hands it over: weekday, opening, closing. */
export type SpanRow = readonly [number, number, number];

const DAY_MINUTES = 1_440;
const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7];

export function spanFromRow([weekday, opensMinute, closesMinute]: SpanRow): HoursSpan {
  return { weekday, opensMinute, closesMinute };
}

/** The spans that touch a weekday, in minutes of that day: its own, and what is left of the night before. */
export function spansOn(
  spans: readonly HoursSpan[],
  weekday: number,
): readonly { readonly fromMinute: number; readonly toMinute: number }[] {
  const before = weekday === 1 ? 7 : weekday - 1;
  return spans.flatMap((span) => {
    const shift = span.weekday === weekday ? 0 : DAY_MINUTES;
    const fromMinute = Math.max(0, span.opensMinute - shift);
    const toMinute = Math.min(DAY_MINUTES, span.closesMinute - shift);
    const isOfDay = span.weekday === weekday || span.weekday === before;
    return isOfDay && fromMinute < toMinute ? [{ fromMinute, toMinute }] : [];
  });
}

/**
 * When each weekday's opening is over for good, Monday first, in minutes after that day's midnight (beyond 1440: the next
 * morning). Null: closed all day, or open on into the next day's opening, as a hotel is.
 */
export function closingMinutes(spans: readonly HoursSpan[]): readonly (number | null)[] {
  return WEEKDAYS.map((weekday) => {
    const own = spans.filter((span) => span.weekday === weekday);
    if (own.length === 0) return null;
    const last = Math.max(...own.map(({ closesMinute }) => closesMinute));
    const next = (weekday % 7) + 1;
    const goesOn = spans.some(
      (span) => span.weekday === next && span.opensMinute + DAY_MINUTES <= last,
    );
    return goesOn ? null : last;
  });
}
