import { describe, expect, test } from "vitest";
import {
  codeDayOf,
  dayOfCode,
  isInFuture,
  localDay,
  localDayNumber,
  localYear,
  parseCardDate,
} from "#core/dates.ts";

describe("dates on cards", () => {
  test.each([
    ["15031985", "1985-03-15"],
    ["15/03/1985", "1985-03-15"],
    [" 01/08/2019", "2019-08-01"],
    ["5/3/1985", "1985-03-05"],
    ["03/1985", "1985-03"],
    ["1985", "1985"],
    ["00031985", "1985-03"],
    ["00001985", "1985"],
    ["1987-01-18", "1987-01-18"],
    ["1987-**-**", "1987"],
    ["1987-01-**", "1987-01"],
    ["29022000", "2000-02-29"],
  ])("%j is %s", (field, date) => {
    expect(parseCardDate(field)).toBe(date);
  });

  test.each([
    "",
    "-",
    "31021985",
    "29022001",
    "29/02/1900",
    "32011985",
    "01131985",
    "15000000",
    "0315",
  ])("%j is no date", (field) => {
    expect(parseCardDate(field)).toBeNull();
  });

  test.each(["01001985", "****-**-**", "1987-13-01", "1985-3-15", "15031985x", "15.03.1985"])(
    "%j is no date either",
    (field) => {
      expect(parseCardDate(field)).toBeNull();
    },
  );
});

describe("the local day in Vietnam", () => {
  test("begins at 17:00 UTC", () => {
    expect(localDay(Date.UTC(2026, 10, 23, 16, 59, 59, 999))).toBe("2026-11-23");
    expect(localDay(Date.UTC(2026, 10, 23, 17))).toBe("2026-11-24");
    expect(localYear(Date.UTC(2025, 11, 31, 17))).toBe(2026);
  });

  test("agrees with the time zone database", () => {
    const zone = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Ho_Chi_Minh" });
    for (let month = 0; month < 600; month += 1) {
      const ms = Date.UTC(1976, month, 3, 18, 30);
      expect(localDay(ms)).toBe(zone.format(ms));
      expect(new Date(localDayNumber(ms) * 86_400_000).toISOString()).toMatch(localDay(ms));
    }
  });
});

describe("a date in the future", () => {
  const now = Date.UTC(2026, 10, 24, 2);

  test.each([
    ["2026-11-24", false],
    ["2026-11-25", true],
    ["2026-11", false],
    ["2026-12", true],
    ["2026", false],
    ["2027", true],
    ["1985-03-15", false],
  ])("%s: %s", (date, expected) => {
    expect(isInFuture(date, now)).toBe(expected);
  });
});

describe("day numbers of personal codes", () => {
  test("count local days from 1 January 2020, there and back", () => {
    expect(dayOfCode(0)).toBe("2020-01-01");
    expect(codeDayOf(Date.UTC(2019, 11, 31, 17))).toBe(0);
    expect(codeDayOf(Date.UTC(2019, 11, 31, 16, 59))).toBe(-1);
    for (const ms of [Date.UTC(2021, 10, 18, 3), Date.UTC(2026, 10, 23, 17)]) {
      expect(dayOfCode(codeDayOf(ms))).toBe(localDay(ms));
    }
  });
});
