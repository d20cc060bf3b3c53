import type { PartialDate } from "#core/credential.ts";

/** Vietnam has no summer time and has been seven hours ahead of UTC since 1975. */
export const VIETNAM_OFFSET_MS = 7 * 3_600_000;
const DAY_MS = 86_400_000;
/** Days of personal codes are counted from here (docs/formats/personal-code.md). */
const CODE_EPOCH_MS = Date.UTC(2020, 0, 1);

const COMPACT = /^(\d{2})(\d{2})(\d{4})$/;
const SLASHED = /^(?:(?:(\d{1,2})\/)?(\d{1,2})\/)?(\d{4})$/;
const ISO = /^(\d{4})-(\d{2}|\*{2})-(\d{2}|\*{2})$/;

/** Local day in Asia/Ho_Chi_Minh of an instant in UTC milliseconds: `2026-11-24`. */
export function localDay(utcMs: number): string {
  return new Date(utcMs + VIETNAM_OFFSET_MS).toISOString().slice(0, 10);
}

/** The same day as a number: days since 1 January 1970. */
export function localDayNumber(utcMs: number): number {
  return Math.floor((utcMs + VIETNAM_OFFSET_MS) / DAY_MS);
}

/** Local year in Asia/Ho_Chi_Minh. */
export function localYear(utcMs: number): number {
  return new Date(utcMs + VIETNAM_OFFSET_MS).getUTCFullYear();
}

/** An instant as interfaces write it, ISO 8601 in UTC; null stays null. */
export function isoTime(utcMs: number): string;
export function isoTime(utcMs: number | null): string | null;
export function isoTime(utcMs: number | null): string | null {
  return utcMs === null ? null : new Date(utcMs).toISOString();
}

/**
 * A date as cards write it: `15031985`, `15/03/1985`, `03/1985`, `1985`, `1985-03-15`, `1985-**-**`; zeros for an
 * unknown day or month (`00031985`). Null when it is none of these or not in the calendar.
 */
export function parseCardDate(field: string): PartialDate | null {
  const text = field.trim();
  if (text.length < 4 || text.length > 10) return null;
  if (text.charAt(4) === "-") {
    const iso = ISO.exec(text);
    return iso === null ? null : partialDate(iso[1], unmasked(iso[2]), unmasked(iso[3]));
  }
  const parts = text.length === 8 && !text.includes("/") ? COMPACT.exec(text) : SLASHED.exec(text);
  return parts === null ? null : partialDate(parts[3], parts[2], parts[1]);
}

/** True when a partial date lies after the local day of `nowMs`, as far as it says. */
export function isInFuture(date: PartialDate, nowMs: number): boolean {
  const year = Number(date.slice(0, 4));
  const thisYear = localYear(nowMs);
  if (year !== thisYear) return year > thisYear;
  return date > localDay(nowMs).slice(0, date.length);
}

/** The day number of personal codes as a date: 0 is `2020-01-01`. */
export function dayOfCode(dayNumber: number): PartialDate {
  return new Date(CODE_EPOCH_MS + dayNumber * DAY_MS).toISOString().slice(0, 10);
}

/** Day number of the local day of an instant, for making personal codes. */
export function codeDayOf(utcMs: number): number {
  return Math.floor((utcMs + VIETNAM_OFFSET_MS - CODE_EPOCH_MS) / DAY_MS);
}

function unmasked(part: string | undefined): string | undefined {
  return part === "**" ? undefined : part;
}

function partialDate(year = "", month = "00", day = "00"): PartialDate | null {
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  if (y < 1800 || m > 12 || (m === 0 && d !== 0)) return null;
  if (m === 0) return year;
  const yearMonth = `${year}-${month.padStart(2, "0")}`;
  if (d === 0) return yearMonth;
  return d <= daysIn(y, m) ? `${yearMonth}-${day.padStart(2, "0")}` : null;
}

function daysIn(year: number, month: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31;
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return isLeap ? 29 : 28;
}
