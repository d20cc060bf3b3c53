import { expect, test } from "vitest";
import { parseRetryAfter } from "#sync/retry-after.ts";
import { NOON } from "./fake-clock.ts";

const date = "Tue, 24 Nov 2026 05:00:00 GMT";

test.each([
  ["seconds", "120", undefined, 120_000],
  ["zero", "0", undefined, 0],
  ["an hour and more is one hour", "1000000000", undefined, 3_600_000],
  ["an absurd number of digits", "9".repeat(400), undefined, 3_600_000],
  ["a date in two minutes", "Tue, 24 Nov 2026 05:02:00 GMT", date, 120_000],
  ["a date that is over", "Tue, 24 Nov 2026 04:00:00 GMT", date, 0],
  ["a date years ahead", "Tue, 24 Nov 2099 05:00:00 GMT", date, 3_600_000],
  ["a date without the server's own", "Tue, 24 Nov 2026 05:00:30 GMT", undefined, 30_000],
  ["garbage", "soon", date, null],
  ["a negative number", "-5", date, null],
  ["nothing", "", date, null],
  ["no header", undefined, date, null],
  ["a weekday and garbage", "Tue, the day after", date, null],
])("reads Retry-After: %s", (_name, value, dateHeader, expected) => {
  expect(parseRetryAfter(value, dateHeader, NOON)).toBe(expected);
});

test("measures a date by the server's clock, because ours may be years off", () => {
  const wrongNowMs = Date.UTC(2010, 0, 1);

  expect(parseRetryAfter("Tue, 24 Nov 2026 05:00:10 GMT", date, wrongNowMs)).toBe(10_000);
});
