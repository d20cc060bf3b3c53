import { readdirSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Clock } from "#core/ports.ts";
import type { Driver } from "#drivers/driver.ts";
import { createHotPlug } from "#drivers/hot-plug.ts";
import { createScannerBus } from "#drivers/scanner-bus.ts";
import type { UsbSerialPort } from "#drivers/serial-ports.ts";
import { superviseDrivers } from "#drivers/supervise.ts";
import type { DeviceState } from "#drivers/supervise.ts";
import { createSeatDriver } from "#drivers/usb.ts";
import { createFakeHid, scannerAt } from "../drivers/fake-hid.ts";
import { reportsOf } from "../drivers/hid-reports.ts";
import { realClock, until } from "../drivers/real-clock.ts";
import { isSerialTestable, openVirtualSerial } from "../drivers/virtual-serial.ts";

/** The whole run is 500 of each and ten minutes: `npm run faults`. */
const REPLUGS = Number(process.env["TRAMQR_REPLUGS"] ?? 100);
const FLOOD_MS = Number(process.env["TRAMQR_FLOOD_MS"] ?? 4_000);
const PER_SECOND = 20;
const LIMIT_MS = 120_000 + REPLUGS * 2_000 + FLOOD_MS * 2;

/** Pauses of the drivers pass twenty times as fast, or a thousand cycles would take an hour. */
const hastyClock: Clock = { ...realClock, sleep: (ms, signal) => realClock.sleep(ms / 20, signal) };

const card = (number: number) =>
  `0790850${String(number).padStart(5, "0")}||Nguyễn Thị Thuỳ Dưỡng|15031985|Nữ|Tổ 5, Xã Thử|19042021`;

/** A machine in default mode: what is plugged in is read, and every scan is kept with its lane. */
function startMachine(clock: Clock) {
  const hid = createFakeHid();
  const ports = new Map<string, UsbSerialPort>();
  const bus = createScannerBus({ listSerialPorts: async () => [...ports.values()], hid });
  const hotPlug = createHotPlug({
    bus,
    clock,
    createDriver: (seat) => createSeatDriver(seat, { bus, hid, clock }),
    most: 4,
    onTooMany: () => {},
  });
  const abort = new AbortController();
  const keys = new Map<Driver, string>();
  const states = new Map<string, DeviceState["state"]>();
  const scans = new Map<string, string[]>();
  const faults: unknown[] = [];
  const dropped: string[] = [];
  async function* joining(signal: AbortSignal) {
    for await (const { key, driver } of hotPlug.watch(signal)) {
      keys.set(driver, key);
      scans.set(key, []);
      yield driver;
    }
  }
  const run = async () => {
    const supervised = superviseDrivers([], {
      clock,
      signal: abort.signal,
      joining,
      onState: (driver, { state }) => void states.set(keys.get(driver) ?? "", state),
      onDropped: ({ reason }) => dropped.push(reason),
      onFault: (_, cause) => faults.push(cause),
    });
    for await (const { scan, driver } of supervised) {
      scans.get(keys.get(driver) ?? "")?.push(new TextDecoder().decode(scan.bytes));
    }
  };
  const end = run();
  return {
    hid,
    ports,
    faults,
    dropped,
    lanes: () => [...scans.keys()],
    textsOf: (key: string) => scans.get(key) ?? [],
    becomes: (key: string, state: DeviceState["state"]) =>
      until(() => states.get(key) === state, `${key} ${state}`, 20_000),
    async stop() {
      abort.abort();
      await end;
    },
  };
}

const SERIAL_KEY = "1eab:1a06:S1";
const HID_KEY = "1eab:1a10:H1";
const hidAt = (path: string) => ({ ...scannerAt(path), serialNumber: "H1" });
const portAt = (node: string): UsbSerialPort => ({
  node,
  path: node,
  vendorId: 0x1eab,
  productId: 0x1a06,
  product: "Made up",
  serialNumber: "S1",
});

const openHandles = () => readdirSync("/proc/self/fd").length;

describe.skipIf(!isSerialTestable || process.platform !== "linux")(
  "scanners in the long run",
  () => {
    test(
      `a HID scanner that is replugged ${REPLUGS} times, on another port each time, stays one lane`,
      { timeout: LIMIT_MS },
      async () => {
        const machine = startMachine(hastyClock);

        for (let cycle = 0; cycle < REPLUGS; cycle += 1) {
          const path = `/dev/hidraw${cycle}`;
          machine.hid.plug(hidAt(path));
          await machine.becomes(HID_KEY, "alive");
          machine.hid.send(path, reportsOf(card(cycle), "B"));
          // The next card is cut in the middle by the hand that pulls the cable.
          machine.hid.send(path, reportsOf(card(99_999), "B").slice(0, 1));
          machine.hid.unplug(path);
          await machine.becomes(HID_KEY, "lost");
        }
        await machine.stop();

        expect(machine.lanes()).toEqual([HID_KEY]);
        expect(machine.textsOf(HID_KEY)).toEqual(
          Array.from({ length: REPLUGS }, (_, n) => card(n)),
        );
        expect(machine.dropped).toEqual(Array(REPLUGS).fill("torn"));
        expect(machine.hid.openCount()).toBe(0);
        expect(machine.faults).toEqual([]);
        console.log(`HID: ${REPLUGS} replugs, ${REPLUGS} cards, 0 lost, 0 handles left`);
      },
    );

    test(
      `a serial scanner that is replugged ${REPLUGS} times stays one lane and leaves no handle open`,
      { timeout: LIMIT_MS },
      async () => {
        const machine = startMachine(hastyClock);
        const serial = await openVirtualSerial();
        machine.ports.set("serial", portAt(serial.path));
        await machine.becomes(SERIAL_KEY, "alive");
        const handlesBefore = openHandles();

        for (let cycle = 0; cycle < REPLUGS; cycle += 1) {
          await serial.send(`${card(cycle)}\r`);
          await until(() => machine.textsOf(SERIAL_KEY).length > cycle, `card ${cycle}`);
          machine.ports.delete("serial");
          await serial.unplug();
          await machine.becomes(SERIAL_KEY, "lost");
          await serial.plug();
          machine.ports.set("serial", portAt(serial.path));
          await machine.becomes(SERIAL_KEY, "alive");
        }
        await wait(100);
        const handlesAfter = openHandles();
        await machine.stop();

        expect(machine.lanes()).toEqual([SERIAL_KEY]);
        expect(machine.textsOf(SERIAL_KEY)).toEqual(
          Array.from({ length: REPLUGS }, (_, n) => card(n)),
        );
        expect(handlesAfter - handlesBefore).toBeLessThanOrEqual(0);
        expect(machine.faults).toEqual([]);
        console.log(`serial: ${REPLUGS} replugs, ${REPLUGS} cards, 0 lost, 0 handles left`);
      },
    );

    test(
      `two scanners at ${PER_SECOND} scans a second for ${FLOOD_MS / 1000} s lose and merge nothing`,
      { timeout: LIMIT_MS },
      async () => {
        const machine = startMachine(realClock);
        const serial = await openVirtualSerial();
        machine.ports.set("serial", portAt(serial.path));
        machine.hid.plug(hidAt("/dev/hidraw0"));
        await Promise.all([SERIAL_KEY, HID_KEY].map((key) => machine.becomes(key, "alive")));

        const sent: string[] = [];
        const startedMs = performance.now();
        while (performance.now() - startedMs < FLOOD_MS) {
          const text = card(sent.length);
          sent.push(text);
          machine.hid.send("/dev/hidraw0", reportsOf(text, "B"));
          await serial.send(`${text}\r`);
          const dueMs = startedMs + sent.length * (1000 / PER_SECOND);
          await wait(Math.max(0, dueMs - performance.now()));
        }
        const hasAll = (key: string) => machine.textsOf(key).length >= sent.length;
        await until(() => hasAll(SERIAL_KEY) && hasAll(HID_KEY), "the last cards");
        await machine.stop();

        expect(sent.length).toBeGreaterThan((FLOOD_MS / 1000) * PER_SECOND * 0.8);
        expect(machine.textsOf(SERIAL_KEY)).toEqual(sent);
        expect(machine.textsOf(HID_KEY)).toEqual(sent);
        expect(machine.dropped).toEqual([]);
        console.log(`flood: ${sent.length} cards on each of two scanners, 0 lost, 0 merged`);
      },
    );
  },
);
