import { array, assert, constant, double, integer, oneof, property, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import { afterOutcome, helloSoon, hurry, planNext, startRetry } from "#sync/retry.ts";
import type { Outcome, RetryState, Step } from "#sync/retry.ts";

const NOW = 1_000_000;
const hello: Outcome = { kind: "hello-answered", intervalMs: 300_000, spreadHintMs: 0 };
const noHello: Outcome = { kind: "hello-failed" };
const stored = (settled: number): Outcome => ({ kind: "batch-answered", settled });
const broken = (sent: number): Outcome => ({ kind: "batch-failed", sent, timedOut: false });
const timeout = (sent: number): Outcome => ({ kind: "batch-failed", sent, timedOut: true });
const later = (afterMs: number): Outcome => ({ kind: "come-back-later", afterMs });
const tooLarge = (sent: number): Outcome => ({ kind: "too-large", sent });
const no: Outcome = { kind: "refused", code: "station-unknown" };

/** Runs outcomes one after the other, all at `NOW`, with the same chance. */
function after(outcomes: readonly Outcome[], chance = 0.999, from = startRetry(NOW)): Step {
  let step: Step = { state: from, setAside: false };
  for (const outcome of outcomes) {
    step = afterOutcome(step.state, outcome, { monoMs: NOW, chance });
  }
  return step;
}

function times(count: number, outcome: Outcome): readonly Outcome[] {
  return Array.from({ length: count }, () => outcome);
}

const waitOf = ({ state }: Step) => state.notBeforeMs - NOW;

describe("the pace, with the worst luck", () => {
  test.each<[string, readonly Outcome[], { next: string; waitMs: number }]>([
    ["a start says hello at once", [], { next: "hello", waitMs: 0 }],
    ["then the first batch goes at once", [hello], { next: "batch", waitMs: 0 }],
    ["and the next", [hello, stored(200)], { next: "batch", waitMs: 0 }],
    ["no hello: 2 s", [noHello], { next: "hello", waitMs: 2_000 }],
    ["twice: 4 s", times(2, noHello), { next: "hello", waitMs: 4_000 }],
    ["five times: 32 s", times(5, noHello), { next: "hello", waitMs: 32_000 }],
    ["eight times: 256 s", times(8, noHello), { next: "hello", waitMs: 256_000 }],
    ["nine times: 300 s", times(9, noHello), { next: "hello", waitMs: 300_000 }],
    ["for ever: 300 s", times(5_000, noHello), { next: "hello", waitMs: 300_000 }],
    ["a failed batch asks hello first", [hello, broken(9)], { next: "hello", waitMs: 2_000 }],
    [
      "a batch that fails again waits longer, though hello is answered",
      [hello, broken(9), hello, broken(9)],
      { next: "hello", waitMs: 4_000 },
    ],
    ["an answer ends the backoff", [...times(9, noHello), hello], { next: "batch", waitMs: 0 }],
    ["the book failed: 2 s", [hello, { kind: "step-failed" }], { next: "batch", waitMs: 2_000 }],
    [
      "told 120 s: no sooner, spread by 60 s",
      [hello, later(120_000)],
      { next: "batch", waitMs: 179_940 },
    ],
    ["told 1 s: twice that", [hello, later(1_000)], { next: "batch", waitMs: 2_998 }],
    [
      "told 5 s ten times in a row: a minute more at most",
      [hello, ...Array.from({ length: 10 }, () => later(5_000))],
      { next: "batch", waitMs: 65_000 },
    ],
    ["told nothing: backoff", [hello, later(0)], { next: "batch", waitMs: 1_998 }],
    ["told at hello", [later(10_000)], { next: "hello", waitMs: 19_990 }],
    ["refused: slow hellos only", [hello, no], { next: "hello", waitMs: 449_700 }],
    ["still refused", [hello, no, no], { next: "hello", waitMs: 449_700 }],
    ["refused and offline stays slow", [no, noHello], { next: "hello", waitMs: 449_700 }],
    ["taken back again", [hello, no, hello], { next: "batch", waitMs: 0 }],
    ["too large: again at once", [hello, tooLarge(200)], { next: "batch", waitMs: 0 }],
    ["one event too large", [hello, tooLarge(1)], { next: "batch", waitMs: 3_996 }],
  ])("%s", (_name, outcomes, expected) => {
    const step = after(outcomes);

    expect(step.state.next).toBe(expected.next);
    expect(Math.abs(waitOf(step) - expected.waitMs)).toBeLessThanOrEqual(expected.waitMs / 500);
  });

  test("is full jitter: luck decides from nothing to the whole", () => {
    expect(waitOf(after(times(9, noHello), 0))).toBe(50);
    expect(waitOf(after(times(9, noHello), 0.5))).toBe(150_000);
  });

  test("never comes sooner than told, even with the best luck", () => {
    expect(waitOf(after([hello, later(120_000)], 0))).toBeGreaterThanOrEqual(120_000);
    expect(waitOf(after([later(120_000)], 0))).toBeGreaterThanOrEqual(120_000);
  });

  test("of a refused station is minutes, even with the best luck", () => {
    expect(waitOf(after([no], 0))).toBe(150_000);
  });
});

function at(state: RetryState, outcome: Outcome, monoMs: number, chance = 0.5): RetryState {
  return afterOutcome(state, outcome, { monoMs, chance }).state;
}

describe("spreading a herd", () => {
  const running = after([hello, stored(1)]).state;

  test("the first upload after an outage waits up to 60 s", () => {
    const failing = at(running, noHello, NOW);

    const back = at(failing, hello, NOW + 30_000);

    expect(back.notBeforeMs - NOW - 30_000).toBe(30_000);
    expect(planNext(back, NOW + 59_000, false)).toEqual({ kind: "wait", untilMs: NOW + 60_000 });
    expect(planNext(back, NOW + 60_000, false).kind).toBe("batch");
  });

  test("a short failure is no outage", () => {
    const failing = at(running, noHello, NOW);

    expect(at(failing, hello, NOW + 29_000).notBeforeMs).toBe(NOW + 29_000);
  });

  test("hello's hint is obeyed", () => {
    const hinted = { ...hello, spreadHintMs: 20_000 };

    expect(at(running, hinted, NOW).notBeforeMs).toBe(NOW + 10_000);
  });

  test("the first upload after a start goes at once, hint or not", () => {
    const hinted = { ...hello, spreadHintMs: 60_000 };

    expect(at(startRetry(NOW), hinted, NOW).notBeforeMs).toBe(NOW);
  });

  test("a station that shuts down does not wait for it", () => {
    const spread = at(running, { ...hello, spreadHintMs: 60_000 }, NOW);

    expect(planNext(spread, NOW, true).kind).toBe("batch");
  });

  test("but does wait when it was told to, and while it backs off", () => {
    expect(planNext(at(running, later(9_000), NOW), NOW, true).kind).toBe("wait");
    expect(planNext(at(running, noHello, NOW), NOW, true).kind).toBe("wait");
  });

  test("hellos of stations that started together drift apart", () => {
    const early = at(startRetry(NOW), hello, NOW, 0).helloDueMs - NOW;
    const late = at(startRetry(NOW), hello, NOW, 0.999).helloDueMs - NOW;

    expect(early).toBe(270_000);
    expect(late).toBeGreaterThan(329_000);
  });
});

describe("hello", () => {
  test("is due at the interval, between batches too", () => {
    const { state } = after([hello], 0.5);

    expect(planNext(state, NOW + 299_999, false).kind).toBe("batch");
    expect(planNext(state, NOW + 300_000, false).kind).toBe("hello");
  });

  test("can be asked for soon, but not before a wait is over", () => {
    const calm = helloSoon(after([hello]).state, NOW);
    const waiting = helloSoon(after([hello, later(9_000)]).state, NOW);

    expect(planNext(calm, NOW, false).kind).toBe("hello");
    expect(planNext(waiting, NOW, false).kind).toBe("wait");
  });
});

describe("a network that may be back", () => {
  test("ends our own backoff", () => {
    const { state } = after(times(9, noHello));

    expect(planNext(hurry(state, NOW), NOW, false)).toEqual({ kind: "hello" });
  });

  test("does not end what the server asked for, nor a refusal, nor a herd's spreading", () => {
    const spread = after([hello, stored(1), { ...hello, spreadHintMs: 60_000 }]).state;
    for (const state of [after([later(60_000)]).state, after([no]).state, spread]) {
      expect(planNext(hurry(state, NOW), NOW, false).kind).toBe("wait");
    }
  });
});

describe("the size of batches", () => {
  test.each<[string, readonly Outcome[], number]>([
    ["begins at 200", [hello], 200],
    ["halves on 413", [hello, tooLarge(200)], 100],
    ["and again", [hello, tooLarge(200), tooLarge(100)], 50],
    ["down to one", [hello, ...times(9, tooLarge(3))], 1],
    ["halves what was really sent", [hello, tooLarge(60)], 30],
    ["halves on a timeout", [hello, timeout(200), hello], 100],
    ["creeps up after 413", [hello, tooLarge(200), stored(100)], 110],
    ["stays at a failed batch", [hello, broken(200), hello], 200],
  ])("%s", (_name, outcomes, limit) => {
    expect(after(outcomes).state.limit).toBe(limit);
  });

  test("after a poison event doubles back to 200", () => {
    const { state } = after([hello, broken(1), hello, broken(1), hello, broken(1), hello]);

    const limits = [0, 1, 2, 3, 7, 8].map(
      (count) => after(times(count, stored(1)), 0.5, state).state.limit,
    );
    expect(limits).toEqual([1, 2, 4, 8, 128, 200]);
  });
});

/** A server that answers every hello and breaks on every batch with event number `poison` of `total`. */
function isolate(poison: number, total: number, chance = 0.5) {
  const queue = Array.from({ length: total }, (_, index) => index);
  const steps: string[] = [];
  let state = after([hello], chance).state;
  let monoMs = NOW;
  while (queue.length > 0 && steps.length < 500) {
    monoMs = Math.max(monoMs, state.notBeforeMs);
    const plan = planNext(state, monoMs, false);
    const sent = queue.slice(0, state.limit);
    const isPoisoned = sent.includes(poison);
    const outcome =
      plan.kind === "hello" ? hello : isPoisoned ? broken(sent.length) : stored(sent.length);
    const step = afterOutcome(state, outcome, { monoMs, chance });
    steps.push(plan.kind);
    if (plan.kind === "batch" && !isPoisoned) queue.splice(0, sent.length);
    if (step.setAside) return { aside: queue[0], steps: steps.length, waitedMs: monoMs - NOW };
    state = step.state;
  }
  return { aside: null, steps: steps.length, waitedMs: monoMs - NOW };
}

describe("a poison event", () => {
  test("is found at every place of a batch, and no other is set aside", () => {
    for (let poison = 0; poison < 200; poison += 1) {
      const found = isolate(poison, 200);
      expect(found.aside).toBe(poison);
      expect(found.steps).toBeLessThanOrEqual(32);
      expect(found.waitedMs).toBeLessThan(30_000);
    }
  });

  test("is found alone and behind many others", () => {
    expect(isolate(0, 1).aside).toBe(0);
    expect(isolate(777, 1_000).aside).toBe(777);
  });

  test("is not suspected before the same batch failed three times", () => {
    const twice = after([hello, broken(8), hello, broken(8), hello]);
    const thrice = after([hello, broken(8), hello, broken(8), hello, broken(8), hello]);

    expect(twice.state).toMatchObject({ limit: 200, trouble: { kind: "suspected" } });
    expect(thrice.state).toMatchObject({ limit: 4, trouble: { kind: "bisecting", suspects: 8 } });
  });

  test("is never blamed for an outage: without an answered hello there is no verdict", () => {
    const outage = [broken(1), noHello, broken(1), noHello, broken(1), noHello, broken(1), noHello];

    for (let length = 1; length <= outage.length; length += 1) {
      expect(after([hello, ...outage.slice(0, length)]).setAside).toBe(false);
    }
  });

  test("an outage in the middle of the search ends it", () => {
    const searching = [hello, broken(8), hello, broken(8), hello, broken(8), hello];

    const step = after([...searching, broken(4), noHello, hello]);

    expect(step.state.trouble).toEqual({ kind: "none" });
  });

  test("one after the other is set aside ever more slowly: then it is the server", () => {
    let { state } = after([hello]);
    const waits: number[] = [];
    for (let count = 0; count < 12; count += 1) {
      const step = after([broken(1), hello, broken(1), hello, broken(1)], 0.999, state);
      waits.push(Math.round(waitOf(step) / 1_000));
      const convicted = after([hello], 0.999, step.state);
      expect(convicted.setAside).toBe(true);
      state = convicted.state;
    }
    expect(waits).toEqual([8, 8, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300]);
  });
});

const outcomes = oneof(
  constant(hello),
  constant(noHello),
  integer({ min: 1, max: 200 }).map(stored),
  integer({ min: 1, max: 200 }).map(broken),
  integer({ min: 1, max: 200 }).map(timeout),
  integer({ min: 1, max: 200 }).map(tooLarge),
  integer({ min: 0, max: 3_600_000 }).map(later),
  constant(no),
  constant<Outcome>({ kind: "step-failed" }),
);

test("whatever happens, the state stays sane and something is always tried within two hours", () => {
  assert(
    property(array(tuple(outcomes, double({ min: 0, max: 0.999_999, noNaN: true }))), (history) => {
      let state = startRetry(NOW);
      let monoMs = NOW;
      for (const [outcome, chance] of history) {
        state = afterOutcome(state, outcome, { monoMs, chance }).state;
        expect(state.limit).toBeGreaterThanOrEqual(1);
        expect(state.limit).toBeLessThanOrEqual(200);
        expect(state.notBeforeMs - monoMs).toBeLessThanOrEqual(7_200_000);
        expect(state.notBeforeMs).toBeGreaterThanOrEqual(monoMs);
        monoMs = state.notBeforeMs;
        expect(planNext(state, monoMs, false).kind).not.toBe("wait");
      }
    }),
    { numRuns: 2_000 },
  );
});
