import { describe, expect, test } from "vitest";
import type { Scan } from "#core/scan.ts";
import type { Driver } from "#drivers/driver.ts";
import { createHotPlug } from "#drivers/hot-plug.ts";
import { createScannerBus } from "#drivers/scanner-bus.ts";
import type { UsbSerialPort } from "#drivers/serial-ports.ts";
import { superviseDrivers } from "#drivers/supervise.ts";
import { createSeatDriver, createUsbDriver } from "#drivers/usb.ts";
import { createFakeHid, scannerAt } from "./fake-hid.ts";
import { reportsOf } from "./hid-reports.ts";
import { startReading } from "./reading.ts";
import { realClock, until } from "./real-clock.ts";
import { isSerialTestable, openVirtualSerial } from "./virtual-serial.ts";

const MODEL = { vendorId: 0x1eab, productId: 0x1a10 };
const CABLE = { vendorId: 0x1a86, productId: 0x7523 };

const portAt = (node: string, serialNumber: string, model = MODEL): UsbSerialPort => ({
  ...model,
  node,
  path: node,
  product: "Made up",
  serialNumber,
});

const hidAt = (path: string, serialNumber = "") => ({ ...scannerAt(path), serialNumber });

/** A machine whose scanners come and go, and a hot-plug that watches it. */
function startMachine(most = 8) {
  const hid = createFakeHid();
  const ports = new Map<string, UsbSerialPort>();
  const left: string[] = [];
  const bus = createScannerBus({ listSerialPorts: async () => [...ports.values()], hid });
  const hotPlug = createHotPlug({
    bus,
    clock: realClock,
    createDriver: (seat) => createSeatDriver(seat, { bus, hid, clock: realClock }),
    most,
    onTooMany: (label) => left.push(label),
  });
  const keysOfLook = async () => (await hotPlug.look()).map((newcomer) => newcomer.key);
  return { hid, ports, bus, hotPlug, left, keysOfLook };
}

/** Everything that is plugged in is read, from now until the test ends it. */
function readAll(machine: ReturnType<typeof startMachine>) {
  const abort = new AbortController();
  const scans: { readonly text: string; readonly lane: string }[] = [];
  const states: string[] = [];
  const keys = new Map<Driver, string>();
  async function* joining(signal: AbortSignal) {
    for await (const { key, driver } of machine.hotPlug.watch(signal)) {
      keys.set(driver, key);
      yield driver;
    }
  }
  const textOf = (scan: Scan) => new TextDecoder().decode(scan.bytes);
  const run = async () => {
    const ports = {
      clock: realClock,
      signal: abort.signal,
      onState: (driver: Driver, { state }: { readonly state: string }) =>
        states.push(`${keys.get(driver)} ${state}`),
      onDropped: () => {},
      onFault: () => {},
      joining,
    };
    for await (const { scan, driver } of superviseDrivers([], ports)) {
      scans.push({ text: textOf(scan), lane: keys.get(driver) ?? "" });
    }
  };
  const end = run();
  return {
    scans,
    states,
    stateOf: (key: string) => states.findLast((state) => state.startsWith(`${key} `)),
    async stop() {
      abort.abort();
      await end;
    },
  };
}

describe("the search for scanners that are plugged in later", () => {
  test("takes each scanner once, by model and serial number, and none that it does not know", async () => {
    const { hid, ports, keysOfLook } = startMachine();
    hid.plug(hidAt("/dev/hidraw0", "A1"));
    ports.set("cable", portAt("/dev/ttyUSB0", "", CABLE));
    hid.plug({ ...hidAt("/dev/hidraw9"), usagePage: 1, usage: 6 });

    expect(await keysOfLook()).toEqual(["1eab:1a10:A1"]);
    expect(await keysOfLook()).toEqual([]);
    hid.plug(hidAt("/dev/hidraw1", "B2"));
    expect(await keysOfLook()).toEqual(["1eab:1a10:B2"]);
  });

  test("knows a scanner again on another port, and takes its twin for a new one", async () => {
    const { hid, keysOfLook } = startMachine();
    hid.plug(hidAt("/dev/hidraw0"));
    expect(await keysOfLook()).toEqual(["1eab:1a10"]);

    hid.unplug("/dev/hidraw0");
    hid.plug(hidAt("/dev/hidraw5"));
    expect(await keysOfLook()).toEqual([]);
    hid.plug(hidAt("/dev/hidraw6"));
    expect(await keysOfLook()).toEqual(["1eab:1a10#2"]);
  });

  test("gives the lane of a scanner that is gone to the spare that comes instead, and to nobody at once", async () => {
    const { hid, hotPlug, keysOfLook } = startMachine();
    hid.plug(hidAt("/dev/hidraw0", "A1"));
    const [first] = await hotPlug.look();
    hid.unplug("/dev/hidraw0");
    for (let look = 0; look < 3; look += 1) expect(await keysOfLook()).toEqual([]);
    hid.plug(hidAt("/dev/hidraw1", "B2"));

    const [spare] = await hotPlug.look();
    expect(spare).toMatchObject({ key: "1eab:1a10:B2", replaces: "1eab:1a10:A1" });
    expect(spare?.driver).toBe(first?.driver);
    expect(spare?.driver.device).toBe("usb:1eab:1a10:B2");
    hid.plug(hidAt("/dev/hidraw2", "A1"));
    expect(await hotPlug.look()).toMatchObject([{ key: "1eab:1a10:A1", replaces: null }]);
  });

  test("takes a scanner for a new one while the other is only busy, has just gone, or is one of two that went", async () => {
    const replaced = async (away: readonly string[], looks: number) => {
      const { hid, hotPlug } = startMachine();
      for (const name of ["A1", "B2"]) hid.plug(hidAt(`/dev/${name}`, name));
      await hotPlug.look();
      for (const name of away) hid.unplug(`/dev/${name}`);
      for (let look = 0; look < looks; look += 1) await hotPlug.look();
      hid.plug(hidAt("/dev/C3", "C3"));
      return (await hotPlug.look()).map((newcomer) => newcomer.replaces);
    };

    expect(await replaced([], 5)).toEqual([null]);
    expect(await replaced(["A1"], 1)).toEqual([null]);
    expect(await replaced(["A1", "B2"], 5)).toEqual([null]);
    expect(await replaced(["A1"], 5)).toEqual(["1eab:1a10:A1"]);
  });

  test("takes no more than its limit, and says so once", async () => {
    const { hid, keysOfLook, left } = startMachine(2);
    for (const name of ["A", "B", "C", "D"]) hid.plug(hidAt(`/dev/hidraw-${name}`, name));

    expect(await keysOfLook()).toEqual(["1eab:1a10:A", "1eab:1a10:B"]);
    expect(await keysOfLook()).toEqual([]);
    expect(left).toEqual(["Newland Made-up scanner (1eab:1a10)"]);
  });

  test("gives two scanners of one model to two lanes, and never one to both", async () => {
    const { hid, bus } = startMachine();
    hid.plug(hidAt("/dev/hidraw0"));
    const ports = { bus, hid, clock: realClock };
    const any = { ...MODEL, serialNumber: null };
    const [one, other] = [createUsbDriver(any, ports), createUsbDriver(any, ports)];
    const first = startReading(one);
    await first.opened();

    expect(await startReading(other).end).toMatchObject({ trouble: "not-found" });
    hid.plug(hidAt("/dev/hidraw1"));
    const second = startReading(other);
    await second.opened();
    hid.send("/dev/hidraw1", reportsOf("079085012345", "B"));
    await second.scansReach(1);
    await Promise.all([first.stop(), second.stop()]);

    expect(first.texts()).toEqual([]);
    expect(second.texts()).toEqual(["079085012345"]);
    expect(hid.openCount()).toBe(0);
  });
});

describe("a scanner of the default mode", () => {
  test("over HID is read within 3 s of being plugged in, and is the same lane on another port", async () => {
    const machine = startMachine();
    const reading = readAll(machine);
    await until(() => machine.hid.openCount() === 0, "a machine without scanners");

    machine.hid.plug(hidAt("/dev/hidraw0", "A1"));
    await until(() => reading.stateOf("1eab:1a10:A1")?.endsWith("alive") === true, "it", 3_000);
    machine.hid.send("/dev/hidraw0", reportsOf("một", "B"));
    machine.hid.unplug("/dev/hidraw0");
    await until(() => reading.stateOf("1eab:1a10:A1")?.endsWith("lost") === true, "the loss");
    machine.hid.plug(hidAt("/dev/hidraw7", "A1"));
    await until(() => reading.stateOf("1eab:1a10:A1")?.endsWith("alive") === true, "it", 3_000);
    machine.hid.send("/dev/hidraw7", reportsOf("hai", "B"));
    await until(() => reading.scans.length === 2, "both scans");
    await reading.stop();

    const lane = "1eab:1a10:A1";
    expect(reading.scans).toEqual([
      { text: "một", lane },
      { text: "hai", lane },
    ]);
    expect(machine.hid.openCount()).toBe(0);
  });

  test.skipIf(!isSerialTestable)(
    "over serial is read within 3 s, and is the same lane on another port",
    async () => {
      const machine = startMachine();
      const [first, second] = [await openVirtualSerial(), await openVirtualSerial()];
      const reading = readAll(machine);

      machine.ports.set("first", portAt(first.path, "S1"));
      await until(() => reading.stateOf("1eab:1a10:S1")?.endsWith("alive") === true, "it", 3_000);
      await first.send("một\r");
      await until(() => reading.scans.length === 1, "the first scan");
      machine.ports.delete("first");
      await first.unplug();
      await until(() => reading.stateOf("1eab:1a10:S1")?.endsWith("lost") === true, "the loss");
      machine.ports.set("second", portAt(second.path, "S1"));
      await until(() => reading.stateOf("1eab:1a10:S1")?.endsWith("alive") === true, "it", 3_000);
      await second.send("hai\r");
      await until(() => reading.scans.length === 2, "the second scan");
      await reading.stop();

      expect(reading.scans.map(({ text, lane }) => `${lane} ${text}`)).toEqual([
        "1eab:1a10:S1 một",
        "1eab:1a10:S1 hai",
      ]);
    },
  );
});
