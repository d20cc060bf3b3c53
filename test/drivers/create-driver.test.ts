import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { createDriver } from "#drivers/create-driver.ts";
import { createScannerBus } from "#drivers/scanner-bus.ts";
import { parseScannerSpec } from "#drivers/scanner-spec.ts";
import { createWedge } from "#drivers/wedge-driver.ts";
import { createFakeHid } from "./fake-hid.ts";
import { createManualClock } from "./manual-clock.ts";

test.each([
  ["serial:/dev/ttyUSB0?baud=115200", "serial:/dev/ttyUSB0", "serial", false],
  ["serial:/dev/ttyUSB0?baud=auto", "serial:/dev/ttyUSB0", "serial", false],
  ["hid", "hid", "hid", false],
  ["hid:C2E:B6A", "hid:0c2e:0b6a", "hid", false],
  ["usb:1EAB:1a10", "usb:1eab:1a10", "usb", false],
  ["usb:1eab:1a10:A:1", "usb:1eab:1a10:A:1", "usb", false],
  ["wedge", "wedge", "wedge", false],
  ["stdin", "stdin", "stdin", true],
  ["demo:5", "demo", "demo", false],
])("%s makes the driver of %s", (text, device, kind, endsByItself) => {
  const parsed = parseScannerSpec(text);
  const clock = createManualClock();
  const ports = {
    clock,
    random: { bytes: (count: number) => new Uint8Array(count), fraction: () => 0 },
    stdin: Readable.from([]),
    hid: createFakeHid(),
    bus: createScannerBus({ listSerialPorts: async () => [], hid: createFakeHid() }),
    wedge: createWedge(clock),
    bauds: { known: () => null, keep() {} },
  };

  expect(parsed.kind).toBe("spec");
  const driver = parsed.kind === "spec" ? createDriver(parsed.spec, ports) : null;

  expect(driver).toMatchObject({ device, kind, endsByItself });
});
