import { describe, expect, test } from "vitest";
import { watchSleep } from "#drivers/sleep-watch.ts";
import { createManualClock } from "./manual-clock.ts";

/** A machine whose time asleep is told to the watch only by its uptime. */
function watch(monoSkipsSleep: boolean) {
  const clock = createManualClock();
  const abort = new AbortController();
  let [sleptMs, awakenings] = [0, 0];
  const uptimeMs = () => clock.monoMs() + sleptMs;
  const end = watchSleep({ clock, uptimeMs, monoSkipsSleep }, abort.signal, () => {
    awakenings += 1;
  });
  return {
    clock,
    abort,
    end,
    awakenings: () => awakenings,
    sleep: (ms: number) => {
      sleptMs += ms;
    },
  };
}

describe("the watch for a machine that slept", () => {
  test("calls back once for each sleep, and not while the machine is awake", async () => {
    const { clock, abort, end, sleep, awakenings } = watch(true);
    await clock.advance(60_000);
    expect(awakenings()).toBe(0);

    sleep(3_600_000);
    await clock.advance(4_000);
    sleep(3_600_000);
    await clock.advance(60_000);
    abort.abort();
    await end;

    expect(awakenings()).toBe(2);
  });

  test("takes a process that stood still for one, and a machine that slept on a clock that counts on", async () => {
    const linux = watch(true);
    const windows = watch(false);
    for (const { clock } of [linux, windows]) {
      await clock.advance(2_000);
      await clock.standStill(30_000);
      await clock.advance(4_000);
    }
    for (const { abort, end } of [linux, windows]) {
      abort.abort();
      await end;
    }

    expect(linux.awakenings()).toBe(0);
    expect(windows.awakenings()).toBe(1);
  });
});
