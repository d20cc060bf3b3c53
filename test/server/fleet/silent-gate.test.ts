import { describe, expect, test } from "vitest";
import { judgeSilence } from "#server/fleet/silent-gate.ts";
import type { GateFacts } from "#server/fleet/silent-gate.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Tuesday 24 November 2026, 10:00 in Vietnam. */
const TUESDAY_10 = Date.UTC(2026, 10, 24, 3);
/** 30 an hour from 7 to 17 on Monday to Friday. */
const office = (weekday: number, hour: number) => (weekday <= 5 && hour >= 7 && hour < 17 ? 30 : 0);
const officeHours = [1, 2, 3, 4, 5].map((weekday) => ({
  weekday,
  opensMinute: 7 * 60,
  closesMinute: 17 * 60,
}));

function facts(change: Partial<GateFacts> = {}): GateFacts {
  return {
    nowMs: TUESDAY_10,
    lastEntryMs: TUESDAY_10 - 30 * MINUTE_MS,
    sinceMs: TUESDAY_10 - 30 * 24 * HOUR_MS,
    hours: null,
    usual: office,
    ...change,
  };
}

describe("a gate", () => {
  test("that usually has 30 entries an hour is silent after half an hour without one", () => {
    const silence = judgeSilence(facts());

    expect(silence.kind).toBe("silent");
    expect(silence).toMatchObject({ expected: 15, quietMs: 30 * MINUTE_MS });
  });

  test("is not silent after a pause in which hardly anybody was to be expected", () => {
    expect(judgeSilence(facts({ usual: () => 3 })).kind).toBe("normal");
    const short = facts({ lastEntryMs: TUESDAY_10 - 19 * MINUTE_MS, usual: () => 600 });
    expect(judgeSilence(short).kind).toBe("normal");
  });

  test("is not silent on Monday morning because nobody came at the weekend", () => {
    const monday0705 = Date.UTC(2026, 10, 23, 0, 5);
    const fridayEvening = Date.UTC(2026, 10, 20, 9, 59);

    const silence = judgeSilence(facts({ nowMs: monday0705, lastEntryMs: fridayEvening }));

    expect(silence.kind).toBe("normal");
    const later = facts({ nowMs: monday0705 + 15 * MINUTE_MS, lastEntryMs: fridayEvening });
    expect(judgeSilence(later).kind).toBe("silent");
  });

  test("is closed outside its hours, however long nobody came", () => {
    const sunday = Date.UTC(2026, 10, 22, 3);
    const quiet = { nowMs: sunday, lastEntryMs: sunday - 40 * HOUR_MS, hours: officeHours };

    expect(judgeSilence(facts(quiet)).kind).toBe("closed");
    expect(judgeSilence(facts({ ...quiet, usual: () => 100 })).kind).toBe("closed");
  });

  test("without a history is judged by its opening hours alone, and without those not at all", () => {
    const opened = Date.UTC(2026, 10, 24, 0);
    const at = (hours: number) =>
      facts({
        nowMs: opened + hours * HOUR_MS,
        lastEntryMs: null,
        sinceMs: opened - 10 * HOUR_MS,
        hours: officeHours,
        usual: null,
      });

    expect(judgeSilence(at(2.9)).kind).toBe("normal");
    expect(judgeSilence(at(3))).toMatchObject({ kind: "silent", expected: null });
    expect(judgeSilence({ ...at(9), hours: null }).kind).toBe("normal");
  });

  test("counts only open minutes, also when it opens within an hour", () => {
    const hours = [{ weekday: 2, opensMinute: 9 * 60 + 30, closesMinute: 17 * 60 }];
    const silence = judgeSilence(
      facts({ lastEntryMs: TUESDAY_10 - 12 * HOUR_MS, hours, usual: () => 20 }),
    );

    expect(silence).toMatchObject({ kind: "silent", expected: 10 });
  });

  test("is not silent when its newest entry lies in the future of a wrong clock", () => {
    expect(judgeSilence(facts({ lastEntryMs: TUESDAY_10 + HOUR_MS }))).toEqual({
      kind: "normal",
      quietMs: 0,
    });
  });

  test("expects the same whether a stretch is looked at whole or in two parts", () => {
    const far = facts({ lastEntryMs: TUESDAY_10 - 20 * HOUR_MS });
    const near = facts({ lastEntryMs: TUESDAY_10 - 90 * MINUTE_MS });

    const [whole, part] = [judgeSilence(far), judgeSilence(near)];

    // From 14:00 to 17:00 on Monday, from 7:00 to 10:00 on Tuesday; and from 8:30 to 10:00.
    expect(whole).toMatchObject({ expected: 180 });
    expect(part).toMatchObject({ expected: 45 });
  });
});
