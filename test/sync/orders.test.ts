import { describe, expect, test } from "vitest";
import { createStationUnderTest } from "./station-under-test.ts";

const MINUTE = 60_000;

describe("what the province orders", () => {
  test("is heard with every hello, and is to work as always where nothing is said", async () => {
    const { start, province, orders, clock, scan } = createStationUnderTest();
    start();
    scan();
    await clock.advance(MINUTE);
    province.hello.state = "upload-only";
    await clock.advance(6 * MINUTE);
    delete province.hello.state;
    await clock.advance(6 * MINUTE);

    expect(orders.map(({ order }) => order)).toEqual(["active", "upload-only", "active"]);
    expect(orders.map(({ hasEverything }) => hasEverything)).toEqual([false, true, true]);
  });

  test("does not stop the sending: what is there goes on its way", async () => {
    const { start, province, clock, scan, outbox } = createStationUnderTest();
    province.hello.state = "wipe";
    scan();
    start();
    await clock.advance(MINUTE);

    expect(outbox.pendingCount()).toBe(0);
    expect(province.stored.size).toBe(1);
  });
});

describe("a new key", () => {
  test("is proposed at once, and not at the next usual hello", async () => {
    const { start, province, clock } = createStationUnderTest();
    let asked = 0;
    start({
      heardOfKeys() {
        asked += 1;
        return asked === 1;
      },
    });
    await clock.advance(MINUTE);

    expect(province.requests.filter(({ path }) => path === "/v1/hello")).toHaveLength(2);
  });
});
