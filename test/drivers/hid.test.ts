import { describe, expect, test } from "vitest";
import { nodeHid } from "#drivers/hid-module.ts";
import { createHidDriver } from "#drivers/hid.ts";
import { keepsTheContract, readsScans, survivesUnplugging } from "./contract.ts";
import { createFakeHid, scannerAt } from "./fake-hid.ts";
import { reportsOf } from "./hid-reports.ts";
import { startReading } from "./reading.ts";
import { realClock, until } from "./real-clock.ts";

const PATH = "/dev/hidraw3";

function openRig() {
  const hid = createFakeHid();
  hid.plug(scannerAt(PATH));
  return Promise.resolve({
    hid,
    driver: createHidDriver(null, realClock, hid),
    scan: async (payload: string) => hid.send(PATH, reportsOf(payload, "B")),
    sendHalf: async (payload: string) => hid.send(PATH, reportsOf(payload, "B").slice(0, 1)),
    unplug: async () => hid.unplug(PATH),
    plug: async () => hid.plug(scannerAt(PATH)),
  });
}

describe("a HID POS scanner", () => {
  keepsTheContract(async () => (await openRig()).driver);
  readsScans(openRig);
  survivesUnplugging(openRig);

  test("gives every handle back", async () => {
    const { driver, hid } = await openRig();
    for (let count = 0; count < 200; count += 1) {
      const reading = startReading(driver);
      await reading.opened();
      expect(hid.openCount()).toBe(1);
      await reading.stop();
    }
    expect(hid.openCount()).toBe(0);
  });

  test("reads several scanners, and one that is plugged in later, as one source", async () => {
    const { driver, hid } = await openRig();
    const reading = startReading(driver);
    await reading.opened();
    hid.plug(scannerAt("/dev/hidraw4"));
    await until(() => hid.openCount() === 2, "the second scanner");

    hid.send("/dev/hidraw4", reportsOf("hai", "A"));
    hid.send(PATH, reportsOf("một", "C"));
    hid.unplug(PATH);
    hid.send("/dev/hidraw4", reportsOf("ba", "A"));
    await reading.scansReach(3);
    await reading.stop();

    expect(reading.texts()).toEqual(["hai", "một", "ba"]);
    expect(await reading.end).toBeNull();
  });

  test("keeps two scanners' reports apart when they come mixed", async () => {
    const { driver, hid } = await openRig();
    hid.plug(scannerAt("/dev/hidraw4"));
    const reading = startReading(driver);
    await until(() => hid.openCount() === 2, "both scanners");
    const [one, other] = ["1", "2"].map((digit) => `Nguyễn ${digit}`.repeat(20));

    const reports = reportsOf(other ?? "", "B");
    for (const [index, report] of reportsOf(one ?? "", "B").entries()) {
      hid.send(PATH, [report]);
      hid.send("/dev/hidraw4", reports.slice(index, index + 1));
    }
    await reading.scansReach(2);
    await reading.stop();

    expect(reading.texts().toSorted()).toEqual([one, other]);
  });

  test("reads only the model that was asked for, and only its scanner interface", async () => {
    const hid = createFakeHid();
    hid.plug(scannerAt("/dev/hidraw1", 0x0b6a));
    hid.plug({ ...scannerAt("/dev/hidraw2"), usagePage: 0x01, usage: 6 });
    hid.plug(scannerAt("/dev/hidraw3"));
    const driver = createHidDriver({ vendorId: 0x1eab, productId: 0x1a10 }, realClock, hid);
    const reading = startReading(driver);
    await reading.opened();

    for (const number of [1, 2, 3])
      hid.send(`/dev/hidraw${number}`, reportsOf(`mã ${number}`, "B"));
    await reading.scansReach(1);
    await reading.stop();

    expect(driver.device).toBe("hid:1eab:1a10");
    expect(reading.texts()).toEqual(["mã 3"]);
  });

  test("says that it may not, when the system refuses; one refused scanner does not hold another", async () => {
    const { driver, hid } = await openRig();
    hid.refuse(PATH, "Permission denied");

    expect(await startReading(driver).end).toMatchObject({ trouble: "no-permission" });

    hid.plug(scannerAt("/dev/hidraw4"));
    const reading = startReading(driver);
    await reading.opened();
    hid.refuse(PATH, null);
    await until(() => hid.openCount() === 2, "the refused scanner at the next look");
    await reading.stop();
    expect(await reading.end).toBeNull();
  });

  test("drops a torn scan after a short silence", async () => {
    const { driver, hid } = await openRig();
    const reading = startReading(driver);
    await reading.opened();

    hid.send(PATH, [reportsOf("079202000123", "B")[0]?.with(63, 1) ?? new Uint8Array()]);
    await until(() => reading.dropped.length === 1, "the torn scan to be given up");
    hid.send(PATH, reportsOf("079085012345", "B"));
    await reading.scansReach(1);
    await reading.stop();

    expect(reading.texts()).toEqual(["079085012345"]);
    expect(reading.dropped).toEqual([{ reason: "torn", byteCount: 12, device: "hid" }]);
  });

  test("tells Honeywell and Youjie to send here instead of typing, and does without an answer", async () => {
    const hid = createFakeHid();
    hid.plug({ ...scannerAt("/dev/hidraw1"), vendorId: 0x0c2e });
    hid.plug({ ...scannerAt("/dev/hidraw2"), vendorId: 0x23d0 });
    hid.plug(scannerAt("/dev/hidraw3"));
    const reading = startReading(createHidDriver(null, realClock, hid));
    await until(() => hid.openCount() === 3, "all scanners");
    await reading.stop();

    expect(hid.features).toEqual(["fe01", "fe01"]);
  });
});

describe("node-hid itself", () => {
  test("lists this machine's devices, be there none, and rejects an opening of nothing by name", async () => {
    const listed = await nodeHid.list();
    const listeners = { onReport: () => {}, onError: () => {} };

    expect(Array.isArray(listed)).toBe(true);
    await expect(nodeHid.open("/dev/no-such-hidraw", listeners)).rejects.toThrow(/no-such-hidraw/);
  });

  test("under the driver, on a machine without scanners, is a device that is not there", async () => {
    const model = { vendorId: 0xfffe, productId: 0xfffe };

    const end = await startReading(createHidDriver(model, realClock, nodeHid)).end;

    expect(end).toMatchObject({ name: "DeviceLost", trouble: "not-found" });
  });
});
