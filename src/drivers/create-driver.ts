import type { Readable } from "node:stream";
import type { Clock, Random } from "#core/ports.ts";
import { createAutoBaudDriver } from "#drivers/auto-baud.ts";
import type { BaudMemory } from "#drivers/auto-baud.ts";
import { createDemoDriver } from "#drivers/demo.ts";
import type { Driver } from "#drivers/driver.ts";
import type { HidModule } from "#drivers/hid-module.ts";
import { createHidDriver } from "#drivers/hid.ts";
import type { ScannerSpec } from "#drivers/scanner-spec.ts";
import { createSerialDriver } from "#drivers/serial.ts";
import type { ScannerBus } from "#drivers/scanner-bus.ts";
import { createStdinDriver } from "#drivers/stdin.ts";
import { createUsbDriver } from "#drivers/usb.ts";
import type { Wedge } from "#drivers/wedge-driver.ts";

/** What drivers need of the machine and of the shell. */
export type DriverPorts = {
  readonly clock: Clock;
  readonly random: Random;
  readonly stdin: Readable;
  readonly hid: HidModule;
  readonly bus: ScannerBus;
  /** Made once by the shell, which feeds it keys. */
  readonly wedge: Wedge;
  /** Speeds that were found before, of ports whose speed is to be found. */
  readonly bauds: BaudMemory;
};

/** The driver that a `--scanner` value asks for. Opens nothing yet. */
export function createDriver(spec: ScannerSpec, ports: DriverPorts): Driver {
  switch (spec.kind) {
    case "serial":
      return createSerialDriver(spec, ports.clock);
    case "serial-auto":
      return createAutoBaudDriver({
        path: spec.path,
        memory: ports.bauds,
        driverAt: (baudRate) => createSerialDriver({ path: spec.path, baudRate }, ports.clock),
        clock: ports.clock,
      });
    case "hid":
      return createHidDriver(spec.model, ports.clock, ports.hid);
    case "usb":
      return createUsbDriver(spec.id, ports);
    case "wedge":
      return ports.wedge.driver;
    case "stdin":
      return createStdinDriver(ports.stdin, ports.clock);
    case "demo":
      return createDemoDriver(spec.perSecond, ports.clock, ports.random);
  }
}
