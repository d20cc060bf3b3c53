/** Hours of some days of the week. */
export type OpeningSpan = {
  /** 1 is Monday, 7 is Sunday; in order. */
  readonly days: readonly number[];
  /** Minute of the day, 0 to 1439. */
  readonly from: number;
  /** After `from`; beyond 1440 it is the next day's: 18:00-02:00 ends at 1560. */
  readonly to: number;
};

const DAY_MINUTES = 1_440;
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];
const ALWAYS = /^24\s*\/\s*(?:7|24)$/;
const EVERY_DAY_WORDS = /^(?:hằng ngày|hàng ngày|cả tuần|mỗi ngày)\s*/;
const SPAN = /^(.*?)\s*(\d{1,2})[:hg](\d{2})?\s*[-–]\s*(\d{1,2})[:hg](\d{2})?$/;
/** T2 is Monday: Vietnamese counts the days from Sunday as the first. */
const DAY = /^(?:t|thứ\s*)([2-7])$/;
const SUNDAY = /^(?:cn|chủ nhật|chúa nhật)$/;

/**
 * Opening hours as people write them: `T2-T6 07:00-17:00; T7, CN 8h-12h`, `hằng ngày 06:00-22:00`, `24/7`. Null for what
 * is not understood.
 */
export function parseOpeningHours(text: string): readonly OpeningSpan[] | null {
  const lower = text.normalize("NFC").toLowerCase().trim();
  if (ALWAYS.test(lower)) return [{ days: EVERY_DAY, from: 0, to: DAY_MINUTES }];
  const spans = lower
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(parseSpan);
  const understood = spans.filter((span) => span !== null);
  return understood.length === spans.length && spans.length > 0 ? understood : null;
}

/** As people write them, in our own form. */
export function openingHoursText(spans: readonly OpeningSpan[]): string {
  return spans
    .map(({ days, from, to }) => `${daysText(days)} ${clockText(from)}-${clockText(to)}`)
    .join("; ");
}

function parseSpan(text: string): OpeningSpan | null {
  const [, dayWords = "", fromHour, fromMinute, toHour, toMinute] = SPAN.exec(text) ?? [];
  const from = minuteOf(fromHour, fromMinute);
  const end = minuteOf(toHour, toMinute);
  const days = parseDays(dayWords.replace(EVERY_DAY_WORDS, "").replace(/:$/, ""));
  if (from === null || from === DAY_MINUTES || end === null || days === null) return null;
  return { days, from, to: end > from ? end : end + DAY_MINUTES };
}

function minuteOf(hour: string | undefined, minute: string | undefined): number | null {
  const minutes = Number(hour ?? Number.NaN) * 60 + Number(minute ?? 0);
  const isTime = minutes >= 0 && minutes <= DAY_MINUTES && Number(minute ?? 0) < 60;
  return isTime ? minutes : null;
}

/** No words are every day. */
function parseDays(words: string): readonly number[] | null {
  if (words.trim() === "") return EVERY_DAY;
  const days = new Set<number>();
  for (const part of words.split(",")) {
    const [first, last, ...more] = part.split(/[-–]/).map((word) => dayOf(word.trim()));
    if (first === undefined || first === null || last === null || more.length > 0) return null;
    if ((last ?? first) < first) return null;
    for (let day = first; day <= (last ?? first); day += 1) days.add(day);
  }
  return [...days].toSorted((a, b) => a - b);
}

function dayOf(word: string): number | null {
  if (SUNDAY.test(word)) return 7;
  const day = DAY.exec(word)?.[1];
  return day === undefined ? null : Number(day) - 1;
}

function daysText(days: readonly number[]): string {
  const [first = 1] = days;
  const last = days.at(-1) ?? first;
  const isRun = days.length > 2 && days.length === last - first + 1;
  return isRun ? `${dayText(first)}-${dayText(last)}` : days.map(dayText).join(", ");
}

function dayText(day: number): string {
  return day === 7 ? "CN" : `T${day + 1}`;
}

function clockText(minute: number): string {
  const ofDay = minute > DAY_MINUTES ? minute - DAY_MINUTES : minute;
  return `${twoDigits(Math.floor(ofDay / 60))}:${twoDigits(ofDay % 60)}`;
}

function twoDigits(part: number): string {
  return String(part).padStart(2, "0");
}
