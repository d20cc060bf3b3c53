import { describe, expect, test } from "vitest";
import { Value } from "typebox/value";
import { HelloRequest } from "#contract/wire.ts";
import type { HelloAnswer } from "#contract/wire.ts";
import { helloRequest, orderOf, reconcile } from "#sync/hello.ts";
import { createFakeClock } from "./fake-clock.ts";
import { createMemoryOutbox } from "./memory-outbox.ts";

function answer(changes: Partial<HelloAnswer>): HelloAnswer {
  return {
    server_time_ms: 1,
    comparison: "equal",
    head_seq: 100,
    contiguous_upto: 100,
    missing: [],
    interval_ms: 300_000,
    spread_hint_ms: 0,
    ...changes,
  };
}

describe("an order of the province", () => {
  const outbox = createMemoryOutbox();
  outbox.acknowledge([outbox.add(), outbox.add()], 1);
  const facts = {
    app_version: "0",
    boot_id: "boot-1",
    policy_version: 1,
    disk_free_bytes: null,
    scanners: [],
  };
  const request = helloRequest(outbox, createFakeClock(), facts);
  const whole = { head_seq: 2, contiguous_upto: 2 };

  test("is to work as always when the answer has none", () => {
    expect(orderOf(answer(whole), request, outbox).order).toBe("active");
  });

  test("comes with the whole book when both books end alike and nothing waits", () => {
    const heard = orderOf(answer({ ...whole, state: "wipe" }), request, outbox);

    expect(heard).toEqual({ order: "wipe", hasEverything: true });
  });

  test.each<[string, Partial<HelloAnswer>]>([
    ["the prefix ends earlier", { contiguous_upto: 1 }],
    ["the prefix is beyond our book", { contiguous_upto: 3 }],
    ["an event is missing", { missing: [[1, 1]] }],
    ["the heads differ", { comparison: "station-ahead" }],
    ["it is another book", { comparison: "fork" }],
  ])("leaves the book alone when %s", (_why, change) => {
    expect(orderOf(answer({ ...whole, ...change }), request, outbox).hasEverything).toBe(false);
  });

  test("leaves the book alone when an event came after the hello was sent, or waits from before", () => {
    const later = outbox.clone();
    later.add();

    expect(orderOf(answer(whole), request, later).hasEverything).toBe(false);
    expect(orderOf(answer(whole), { ...request, pending: 1 }, outbox).hasEverything).toBe(false);
  });
});

describe("comparing heads", () => {
  test.each<[string, Partial<HelloAnswer>, number, object]>([
    ["equal", {}, 100, { kind: "none" }],
    [
      "station ahead with unsent events",
      { comparison: "station-ahead", head_seq: 90, contiguous_upto: 90 },
      90,
      { kind: "none" },
    ],
    [
      "server ahead: clone or rollback",
      { comparison: "server-ahead" },
      50,
      { kind: "new-instance", reason: "server-ahead" },
    ],
    [
      "same seq, another hash",
      { comparison: "fork" },
      100,
      { kind: "new-instance", reason: "fork" },
    ],
    [
      "server behind: restored from a backup",
      { comparison: "server-behind", head_seq: 40, contiguous_upto: 40 },
      100,
      { kind: "resend", afterSeq: 40 },
    ],
    [
      "a hole below what was acknowledged",
      { contiguous_upto: 59, missing: [[60, 70]] },
      100,
      { kind: "resend", afterSeq: 59 },
    ],
    [
      "a hole that its prefix does not admit",
      {
        contiguous_upto: 100,
        missing: [
          [80, 81],
          [60, 70],
        ],
      },
      100,
      { kind: "resend", afterSeq: 59 },
    ],
    [
      "a hole that was never acknowledged",
      { comparison: "station-ahead", contiguous_upto: 59, missing: [[60, 60]] },
      59,
      { kind: "none" },
    ],
    [
      "an instance the server has forgotten",
      { comparison: "server-behind", head_seq: 0, contiguous_upto: 0 },
      100,
      { kind: "resend", afterSeq: 0 },
    ],
    ["a nonsensical range", { missing: [[-5, -1]] }, 100, { kind: "resend", afterSeq: 0 }],
  ])("%s", (_name, changes, acknowledged, expected) => {
    expect(reconcile(answer(changes), { acknowledged_upto: acknowledged })).toEqual(expected);
  });
});

test("a hello is within the contract even when the station's facts are not", () => {
  const outbox = createMemoryOutbox();
  outbox.add();

  const request = helloRequest(outbox, createFakeClock(1.5), {
    app_version: "v".repeat(100),
    boot_id: "boot-1",
    policy_version: 0,
    disk_free_bytes: -0.5,
    scanners: Array.from({ length: 20 }, () => ({
      lane: "l".repeat(100),
      state: "s".repeat(100),
      since_ms: 0.25,
      trouble: "t".repeat(100),
      last_scan_ms: 7.5,
      counts: { torn: 3 },
    })),
  });

  expect(Value.Check(HelloRequest, request)).toBe(true);
  expect(request).toMatchObject({ seq: 1, acknowledged_upto: 0, pending: 1 });
  expect(request.scanners[0]).toMatchObject({ last_scan_ms: 8, counts: { torn: 3 } });
});

test("a hello carries both clocks of one moment, so that earlier entries of this boot can be dated", () => {
  const clock = createFakeClock(1_000.4);
  const facts = {
    app_version: "1",
    boot_id: "boot-1",
    policy_version: 0,
    disk_free_bytes: null,
    scanners: [],
  };

  const request = helloRequest(createMemoryOutbox(), clock, facts);

  expect(request.wall_ms).toBe(Math.round(clock.nowMs()));
  expect(request.mono_ms).toBe(Math.round(clock.monoMs()));
});
