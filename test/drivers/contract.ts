import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Driver } from "#drivers/driver.ts";
import { DeviceLost } from "#drivers/driver.ts";
import { superviseDrivers } from "#drivers/supervise.ts";
import type { DeviceState, SupervisedScan } from "#drivers/supervise.ts";
import { realClock, until } from "./real-clock.ts";
import { startReading } from "./reading.ts";

/** A driver with a device in the test's hands. */
export type Rig = {
  readonly driver: Driver;
  /** The device reads a card and sends it as it does. Resolves when it was sent, not when it arrived. */
  readonly scan: (payload: string) => Promise<void>;
  /** The device sends the beginning of a card and nothing more. Resolves when the driver must have it. */
  readonly sendHalf: (payload: string) => Promise<void>;
};

/** A device whose cable can be pulled. */
export type UnpluggableRig = Rig & {
  readonly unplug: () => Promise<void>;
  readonly plug: () => Promise<void>;
};

const card = (number: number) =>
  `0790850${String(number).padStart(5, "0")}||Nguyễn Thị Thuỳ Dưỡng|15031985|Nữ|Tổ 5, Xã Thử|19042021`;

/** What {@link Driver} promises of every source, also of one that makes its scans by itself. */
export function keepsTheContract(openDriver: () => Promise<Driver>): void {
  describe("as every driver", () => {
    test("ends at once and without an error when it is aborted, also while it waits", async () => {
      const reading = startReading(await openDriver());
      await reading.opened();
      await wait(50);

      const startedMs = performance.now();
      await reading.stop();

      expect(await reading.end).toBeNull();
      expect(performance.now() - startedMs).toBeLessThan(500);
    });

    test("ends at once when it is aborted before the device is open", async () => {
      const reading = startReading(await openDriver());

      const startedMs = performance.now();
      await reading.stop();

      expect(await reading.end).toBeNull();
      expect(performance.now() - startedMs).toBeLessThan(500);
    });

    test("neither opens nor yields anything when it was aborted before", async () => {
      const driver = await openDriver();
      let opens = 0;
      const report = { onOpen: () => (opens += 1), onDropped: () => {} };
      const scans: unknown[] = [];

      for await (const scan of driver.read(AbortSignal.abort(), report)) scans.push(scan);

      expect(scans).toEqual([]);
      expect(opens).toBe(0);
    });
  });
}

/** What {@link Driver} promises of every source that can be made to scan. */
export function readsScans(openRig: () => Promise<Rig>): void {
  describe("with scans", () => {
    test("hands on the bytes of each scan in order, with the device's name and the time", async () => {
      const { driver, scan } = await openRig();
      const reading = startReading(driver);
      await reading.opened();
      const startedMs = Date.now();

      for (const number of [1, 2, 3]) await scan(card(number));
      await reading.scansReach(3);
      await reading.stop();

      expect(reading.texts()).toEqual([card(1), card(2), card(3)]);
      expect(reading.scans.map(({ device }) => device)).toEqual(Array(3).fill(driver.device));
      for (const { atMs } of reading.scans) {
        expect(atMs).toBeGreaterThanOrEqual(startedMs);
        expect(atMs).toBeLessThanOrEqual(Date.now());
      }
    });

    test("takes 20 scans a second for 3 seconds: all of them, none merged, none twice", async () => {
      const { driver, scan } = await openRig();
      const reading = startReading(driver);
      await reading.opened();
      const sent = Array.from({ length: 60 }, (_, number) => card(number));

      for (const text of sent) {
        await scan(text);
        await wait(50);
      }
      await reading.scansReach(sent.length);
      await reading.stop();

      expect(reading.texts()).toEqual(sent);
      expect(reading.dropped).toEqual([]);
    });

    test("drops what is longer than any code can be, says so, and reads the next card", async () => {
      const { driver, scan } = await openRig();
      const reading = startReading(driver);
      await reading.opened();

      await scan("9".repeat(5_000));
      await scan(card(1));
      await reading.scansReach(1);
      await reading.stop();

      expect(reading.texts()).toEqual([card(1)]);
      expect(reading.dropped).toEqual([
        { reason: "oversize", byteCount: expect.any(Number), device: driver.device },
      ]);
      expect(reading.dropped[0]?.byteCount).toBeGreaterThanOrEqual(4_097);
    });

    test.each([
      ["breaks out of the loop", () => "break", null],
      ["throws", () => throwing(), expect.objectContaining({ message: "the consumer's own" })],
    ])("gives the device back when the consumer %s", async (_, onScan, end) => {
      const { driver, scan } = await openRig();
      const first = startReading(driver, onScan);
      await first.opened();
      await scan(card(1));
      expect(await first.end).toEqual(end);

      const second = startReading(driver);
      await second.opened();
      await scan(card(2));
      await second.scansReach(1);
      await second.stop();

      expect(second.texts()).toEqual([card(2)]);
    });

    test("joins nothing across two openings", async () => {
      const { driver, scan, sendHalf } = await openRig();
      const first = startReading(driver);
      await first.opened();
      await sendHalf(card(1));
      await first.stop();

      const second = startReading(driver);
      await second.opened();
      await scan(card(2));
      await second.scansReach(1);
      await second.stop();

      expect(second.texts()).toEqual([card(2)]);
      expect(first.texts()).toEqual([]);
      expect(first.dropped).toEqual([
        { reason: "torn", byteCount: expect.any(Number), device: driver.device },
      ]);
    });
  });
}

/** What {@link Driver} and its supervisor promise of every device with a cable. */
export function survivesUnplugging(openRig: () => Promise<UnpluggableRig>): void {
  describe("with a cable", () => {
    test("throws DeviceLost when the cable is pulled, after the scans that came before", async () => {
      const { driver, scan, unplug } = await openRig();
      const reading = startReading(driver);
      await reading.opened();
      await scan(card(1));
      await reading.scansReach(1);

      await unplug();
      const end = await reading.end;

      expect(end).toBeInstanceOf(DeviceLost);
      expect(end).toMatchObject({ device: driver.device, trouble: "unplugged" });
    });

    test("throws DeviceLost when there is no device", async () => {
      const { driver, unplug } = await openRig();
      await unplug();

      const end = await startReading(driver).end;

      expect(end).toBeInstanceOf(DeviceLost);
      expect(end).toMatchObject({ trouble: "not-found" });
    });

    test("supervised, reads again within 3 s of the cable being back; the torn card is gone", async () => {
      const { driver, scan, sendHalf, unplug, plug } = await openRig();
      const run = supervise(driver);
      await until(() => run.states.at(-1)?.state === "alive", "first opening");
      await scan(card(1));
      await until(() => run.texts().length === 1, "first scan");

      await sendHalf(card(2));
      await unplug();
      await until(() => run.states.at(-1)?.state === "lost", "loss", 5_000);
      await wait(1_600);
      await plug();
      const pluggedMs = performance.now();
      await until(() => run.states.at(-1)?.state === "alive", "second opening");
      const aliveAfterMs = performance.now() - pluggedMs;
      await scan(card(3));
      await until(() => run.texts().length === 2, "second scan");
      await run.stop();

      expect(aliveAfterMs).toBeLessThan(3_000);
      expect(run.texts()).toEqual([card(1), card(3)]);
      expect(run.faults).toEqual([]);
      expect(run.states.map(({ state, trouble }) => [state, trouble])).toEqual([
        ["waiting", null],
        ["alive", null],
        ["lost", "unplugged"],
        ["alive", null],
      ]);
    });
  });
}

/** A supervisor over one driver, running in the background. */
function supervise(driver: Driver) {
  const abort = new AbortController();
  const states: DeviceState[] = [];
  const faults: unknown[] = [];
  const scans: SupervisedScan[] = [];
  const ports = {
    clock: realClock,
    signal: abort.signal,
    onState: (_: Driver, state: DeviceState) => states.push(state),
    onDropped: () => {},
    onFault: (_: Driver, cause: unknown) => faults.push(cause),
  };
  const run = async () => {
    for await (const scan of superviseDrivers([driver], ports)) scans.push(scan);
  };
  const end = run();
  return {
    states,
    faults,
    texts: () => scans.map(({ scan }) => new TextDecoder().decode(scan.bytes)),
    async stop() {
      abort.abort();
      await end;
    },
  };
}

function throwing(): never {
  throw new Error("the consumer's own");
}
