import { describe, expect, test } from "vitest";
import { createFirstTries } from "#main/first-tries.ts";
import { createFakeClock } from "../sync/fake-clock.ts";

const LANES = [{ name: "lane-1" }, { name: "lane-2" }];
const LIMIT_MS = 2_000;

/** Waits from the start; what happened is asked after time has passed. */
function waiting() {
  const clock = createFakeClock();
  const tries = createFirstTries(LANES, clock);
  const stopping = new AbortController();
  const state = { isDone: false };
  void tries.done(LIMIT_MS, stopping.signal).then(() => void (state.isDone = true));
  return { clock, tries, stopping, state };
}

describe("the word ready waits for scanners", () => {
  test("until each was opened or found missing", async () => {
    const { clock, tries, state } = waiting();
    tries.tell("lane-1", "waiting");
    tries.tell("lane-2", "lost");
    await clock.advance(1);
    expect(state.isDone).toBe(false);
    tries.tell("lane-1", "alive");
    await clock.advance(0);
    expect(state.isDone).toBe(true);
  });

  test("not longer than its limit", async () => {
    const { clock, tries, state } = waiting();
    tries.tell("lane-1", "alive");
    tries.tell("lane-1", "lost");
    await clock.advance(LIMIT_MS - 1);
    expect(state.isDone).toBe(false);
    await clock.advance(1);
    expect(state.isDone).toBe(true);
  });

  test("not when the program is stopped", async () => {
    const { clock, stopping, state } = waiting();
    stopping.abort();
    await clock.advance(0);
    expect(state.isDone).toBe(true);
  });

  test("not when all were opened before anybody waited", async () => {
    const clock = createFakeClock();
    const tries = createFirstTries(LANES, clock);
    for (const { name } of LANES) tries.tell(name, "alive");
    await tries.done(LIMIT_MS, new AbortController().signal);
    expect(clock.sleepers()).toBe(0);
  });
});
