import { createHotPlug } from "#drivers/hot-plug.ts";
import { systemClock } from "#main/system-ports.ts";
import { until } from "./guest-bench.ts";
import type { Bench } from "./guest-bench.ts";
import { bus, driverForSeat } from "./guest-ports.ts";
import { readDriver } from "./guest-reading.ts";
import type { Reading } from "./guest-reading.ts";
import { makeHidDevice } from "./guest-uhid.ts";
import type { MadeDevice } from "./guest-uhid.ts";
import { reportsOf } from "../drivers/hid-reports.ts";
import { posDescriptor } from "./pos-descriptor.ts";

const CARD = "079202000123||Trần Lê Minh Mẫu|24022002|Nam|Cẩm Mẫu, Cẩm Thử, Thạch Mẫu|31052021";
const model = {
  name: "Lab scanner plugged in late",
  vendorId: 0x1eab,
  productId: 0x1a10,
  descriptor: posDescriptor,
};

/** Scanners that nobody has configured, plugged in while the station runs: the product's own hot-plug and bus. */
export async function tryNewcomers(bench: Bench): Promise<void> {
  const hotPlug = createHotPlug({
    bus,
    clock: systemClock,
    createDriver: driverForSeat,
    most: 8,
    onTooMany() {},
  });
  const none = await hotPlug.look();
  bench.check("the keyboard of the machine is no newcomer", none.length === 0);
  const device = makeHidDevice(model);
  const newcomer = await until(async () => (await hotPlug.look())[0] ?? null, "the newcomer");
  bench.check("a scanner plugged in later is found", true, `${newcomer.key} ${newcomer.label}`);
  const reading = readDriver(newcomer.driver);
  await readsCard(bench, "a newcomer is read without being configured", device, reading);
  device.unplug();
  await until(() => reading.state()?.state === "lost", "the loss of the newcomer");
  const again = makeHidDevice(model);
  await readsCard(bench, "the same scanner, put back, is read by the same lane", again, reading);
  const more = await hotPlug.look();
  bench.check("a scanner that was put back is no second newcomer", more.length === 0);
  await reading.stop();
  again.unplug();
}

async function readsCard(bench: Bench, claim: string, device: MadeDevice, reading: Reading) {
  const before = reading.scans.length;
  await until(() => device.received().length >= 0 && reading.isAlive(), "the newcomer is open");
  for (const report of reportsOf(CARD, "A")) device.send(report);
  await until(() => reading.scans.length > before, "the newcomer's scan");
  bench.check(claim, reading.scans.slice(before).join() === CARD);
}
