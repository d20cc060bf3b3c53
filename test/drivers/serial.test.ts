import { readdirSync, readlinkSync, renameSync, symlinkSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { DeviceLost } from "#drivers/driver.ts";
import { openSerialLink } from "#drivers/serial-link.ts";
import { createSerialDriver, idleGapMs } from "#drivers/serial.ts";
import { keepsTheContract, readsScans, survivesUnplugging } from "./contract.ts";
import { startReading } from "./reading.ts";
import { realClock } from "./real-clock.ts";
import { isSerialTestable, openVirtualSerial } from "./virtual-serial.ts";

async function openRig(end = "\r") {
  const port = await openVirtualSerial();
  return {
    port,
    // The slow wire's long idle gap, so that a busy machine does not end the half cards of these tests.
    driver: createSerialDriver({ path: port.path, baudRate: 9600 }, realClock),
    scan: (payload: string) => port.send(`${payload}${end}`),
    async sendHalf(payload: string) {
      await port.send(payload.slice(0, 40));
      await wait(40);
    },
    unplug: port.unplug,
    plug: port.plug,
  };
}

const openHandles = () => readdirSync("/proc/self/fd").length;

describe.skipIf(!isSerialTestable)("a serial scanner on a pseudo terminal", () => {
  keepsTheContract(async () => (await openRig()).driver);
  readsScans(openRig);
  survivesUnplugging(openRig);

  test("reads a scanner that sends no terminator, when it falls silent", async () => {
    const { driver, scan } = await openRig("");
    const reading = startReading(driver);
    await reading.opened();

    await scan("079085012345");
    await reading.scansReach(1);
    await scan("079202000123");
    await reading.scansReach(2);
    await reading.stop();

    expect(reading.texts()).toEqual(["079085012345", "079202000123"]);
  });

  test("names a port that another program holds", async () => {
    const { driver } = await openRig();
    const first = startReading(driver);
    await first.opened();

    const second = await startReading(driver).end;
    await first.stop();

    expect(second).toBeInstanceOf(DeviceLost);
    expect(second).toMatchObject({ trouble: "busy" });
  });

  test("fails by name on a path that is no serial port", async () => {
    const end = await startReading(
      createSerialDriver({ path: "/dev/null", baudRate: 9600 }, realClock),
    ).end;

    expect(end).toMatchObject({ trouble: "failed", device: "serial:/dev/null" });
    expect((end as DeviceLost).cause).toBeInstanceOf(Error);
  });

  test("leaks no handle over 200 openings, with a scan in each", async () => {
    const { driver, scan } = await openRig();
    const read = async () => {
      const reading = startReading(driver, () => "break");
      await reading.opened();
      await scan("079085012345");
      await reading.end;
    };
    await read();
    const before = openHandles();

    for (let count = 0; count < 200; count += 1) await read();

    expect(openHandles()).toBeLessThanOrEqual(before);
  });

  test("notices a hang-up that comes between two reads, where serialport alone spins for ever", async () => {
    const port = await openVirtualSerial();
    const lost = Promise.withResolvers<Error>();
    const link = await openSerialLink(port.path, 9600, {
      onBytes: () => port.cutNow(),
      onLost: lost.resolve,
    });

    await port.send("079085012345");
    const cause = await Promise.race([lost.promise, wait(3_000, null)]);
    const cpu = process.cpuUsage();
    await wait(500);
    const { user, system } = process.cpuUsage(cpu);
    await link.close();

    expect(cause).toBeInstanceOf(Error);
    expect((user + system) / 500_000).toBeLessThan(0.5);
  });

  test("loses the device, not a scan, when it is pulled while data flows", async () => {
    const { driver, port } = await openRig();
    const losses: unknown[] = [];
    for (let round = 0; round < 5; round += 1) {
      const reading = startReading(driver);
      await reading.opened();
      const flood = setInterval(() => void port.send("0123456789".repeat(40)).catch(() => {}), 0);
      await wait(60);
      await port.unplug();
      clearInterval(flood);
      losses.push(await reading.end);
      await port.plug();
    }

    expect(losses.map((end) => (end as DeviceLost).trouble)).toEqual(Array(5).fill("unplugged"));
  });

  test("notices that its path leads to another device now", async () => {
    const { driver, port } = await openRig();
    const other = await openVirtualSerial();
    const reading = startReading(driver);
    await reading.opened();

    symlinkSync(readlinkSync(other.path), `${port.path}.new`);
    renameSync(`${port.path}.new`, port.path);

    expect(await reading.end).toMatchObject({ trouble: "unplugged" });
  });
});

describe("the idle gap of a serial scanner", () => {
  test.each([
    ["/dev/ttyACM0", 9600, 90],
    ["/dev/ttyUSB0", 9600, 300],
    ["/dev/ttyUSB0", 115_200, 90],
    ["COM3", 9600, 300],
  ])("of %s at %i is %i ms", (path, baudRate, gapMs) => {
    expect(idleGapMs({ path, baudRate })).toBe(gapMs);
  });
});
