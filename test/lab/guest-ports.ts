import { createDriver } from "#drivers/create-driver.ts";
import type { DriverPorts } from "#drivers/create-driver.ts";
import { findScanners } from "#drivers/discovery.ts";
import type { FoundScanner } from "#drivers/discovery.ts";
import type { Driver } from "#drivers/driver.ts";
import { nodeHid } from "#drivers/hid-module.ts";
import { createScannerBus } from "#drivers/scanner-bus.ts";
import type { Seat } from "#drivers/scanner-bus.ts";
import type { ScannerSpec } from "#drivers/scanner-spec.ts";
import { listUsbSerialPorts } from "#drivers/serial-ports.ts";
import { createSeatDriver } from "#drivers/usb.ts";
import { createWedge } from "#drivers/wedge-driver.ts";
import { systemClock, systemRandom } from "#main/system-ports.ts";

const machine = { listSerialPorts: listUsbSerialPorts, hid: nodeHid };

/** The product's own sharing-out of this guest's scanners. */
export const bus = createScannerBus(machine);

const ports: DriverPorts = {
  clock: systemClock,
  random: systemRandom,
  stdin: process.stdin,
  hid: nodeHid,
  bus,
  wedge: createWedge(systemClock),
  bauds: { known: () => null, keep() {} },
};

/** The product's driver for the real devices of this guest. */
export function driverFor(spec: ScannerSpec): Driver {
  return createDriver(spec, ports);
}

/** The product's driver of a scanner that nobody configured. */
export function driverForSeat(seat: Seat): Driver {
  return createSeatDriver(seat, ports);
}

/** The product's own search, through sysfs and node-hid. */
export function findAll(): Promise<readonly FoundScanner[]> {
  return findScanners(machine);
}
