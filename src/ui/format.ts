/** Vietnam has one time zone and no summer time; Windows without ICU data must show the same hours. */
const VIETNAM_OFFSET_MS = 7 * 3_600_000;

const two = (value: number) => String(value).padStart(2, "0");

function localDate(utcMs: number): Date {
  return new Date(utcMs + VIETNAM_OFFSET_MS);
}

/** `08:05` in Vietnam. */
export function clockTime(utcMs: number): string {
  const local = localDate(utcMs);
  return `${two(local.getUTCHours())}:${two(local.getUTCMinutes())}`;
}

/** `08:05:12` in Vietnam. */
export function clockSeconds(utcMs: number): string {
  return `${clockTime(utcMs)}:${two(localDate(utcMs).getUTCSeconds())}`;
}

/** `23/11/2026` in Vietnam. */
export function dayOf(utcMs: number): string {
  const local = localDate(utcMs);
  return `${two(local.getUTCDate())}/${two(local.getUTCMonth() + 1)}/${local.getUTCFullYear()}`;
}

/** Hour of the day in Vietnam, 0 to 23. */
export function hourOf(utcMs: number): number {
  return localDate(utcMs).getUTCHours();
}

/** `08:05` on the day of `nowMs`, else `08:05 23/11`: a time that cannot be taken for another day's. */
export function timeSince(utcMs: number, nowMs: number): string {
  const day = dayOf(utcMs);
  return day === dayOf(nowMs) ? clockTime(utcMs) : `${clockTime(utcMs)} ${day.slice(0, 5)}`;
}

/** A card's date as people write it: `2025-12-31` → `31/12/2025`, `2025-12` → `12/2025`, `2025` as it is. */
export function cardDate(isoDate: string): string {
  return isoDate.split("-").toReversed().join("/");
}

/** A whole number with dots between thousands, as Vietnamese readers expect: `1.204`. */
export function wholeNumber(value: number): string {
  return String(Math.trunc(value)).replace(/\B(?=(\d{3})+$)/g, ".");
}

/** A span of time in its two largest units. */
export type Span = {
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
};

/** Splits a span; negative spans count as their opposite. */
export function spanOf(ms: number): Span {
  const seconds = Math.floor(Math.abs(ms) / 1000);
  return {
    days: Math.floor(seconds / 86_400),
    hours: Math.floor(seconds / 3600) % 24,
    minutes: Math.floor(seconds / 60) % 60,
    seconds: seconds % 60,
  };
}

/** Words for the units of a span, one and many. */
export type SpanWords = {
  readonly day: (count: number) => string;
  readonly hour: (count: number) => string;
  readonly minute: (count: number) => string;
  readonly second: (count: number) => string;
};

/** `1 giờ 22 phút`: the two largest units that are not zero; seconds only below a minute. */
export function spanInWords(ms: number, words: SpanWords): string {
  const { days, hours, minutes, seconds } = spanOf(ms);
  const parts = [
    days > 0 ? words.day(days) : "",
    hours > 0 ? words.hour(hours) : "",
    minutes > 0 ? words.minute(minutes) : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? words.second(seconds) : parts.slice(0, 2).join(" ");
}

/** `480 MB`, `2,5 GB`: what a supervisor needs to know of a disk. */
export function diskSize(bytes: number): string {
  const megabytes = bytes / 1_048_576;
  if (megabytes < 1024) return `${Math.floor(megabytes)} MB`;
  return `${(Math.floor(megabytes / 102.4) / 10).toFixed(1).replace(".", ",")} GB`;
}

/** The moment of the day of `utcMs` in Vietnam at which this hour begins. */
export function startOfHour(utcMs: number, hour: number): number {
  const local = utcMs + VIETNAM_OFFSET_MS;
  return local - (local % 86_400_000) + hour * 3_600_000 - VIETNAM_OFFSET_MS;
}
