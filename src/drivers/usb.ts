import { once } from "node:events";
import type { Clock } from "#core/ports.ts";
import type { ReadyScanner } from "#drivers/discovery.ts";
import type { Driver } from "#drivers/driver.ts";
import type { HidModule } from "#drivers/hid-module.ts";
import { createHidReader } from "#drivers/hid.ts";
import type { ScannerBus, Seat } from "#drivers/scanner-bus.ts";
import { scannerIdText } from "#drivers/scanner-id.ts";
import type { ScannerId } from "#drivers/scanner-id.ts";
import { createSerialDriver, DEFAULT_BAUD_RATE } from "#drivers/serial.ts";
import { deviceLost } from "#drivers/trouble.ts";

export type UsbPorts = {
  readonly clock: Clock;
  readonly hid: HidModule;
  readonly bus: ScannerBus;
};

/**
 * Reads one USB scanner, told by its numbers and not by its port: looks where it is at every opening, and reads it over
 * serial or HID POS, whichever it is set to.
 */
export function createUsbDriver(id: ScannerId, ports: UsbPorts): Driver {
  return createSeatDriver(ports.bus.seat(id), ports);
}

/** The same of a seat that the caller holds, and may give to another scanner while nobody reads. */
export function createSeatDriver(seat: Seat, ports: UsbPorts): Driver {
  return {
    get device() {
      return `usb:${scannerIdText(seat.id())}`;
    },
    kind: "usb",
    endsByItself: false,
    async *read(signal, report) {
      const { device } = this;
      const scanner = await takeUnlessAborted(seat, signal);
      if (signal.aborted) return;
      if (scanner === null) throw deviceLost(device, new Error("not plugged in"), "not-found");
      try {
        yield* readerOf(scanner, device, ports).read(signal, report);
      } finally {
        seat.leave();
      }
    },
  };
}

function readerOf({ mode, path }: ReadyScanner, device: string, ports: UsbPorts): Driver {
  if (mode === "serial") {
    return createSerialDriver({ path, baudRate: DEFAULT_BAUD_RATE }, ports.clock, device);
  }
  return createHidReader(
    { device, isWanted: (listed) => listed.path === path },
    ports.clock,
    ports.hid,
  );
}

/** A system that takes its time to list devices holds nobody who wants to stop. */
async function takeUnlessAborted(seat: Seat, signal: AbortSignal): Promise<ReadyScanner | null> {
  if (signal.aborted) return null;
  const settled = new AbortController();
  const taking = seat.take();
  const aborted = once(signal, "abort", { signal: settled.signal }).catch(() => []);
  await Promise.race([taking, aborted]);
  settled.abort();
  if (!signal.aborted) return taking;
  void taking.then(() => seat.leave());
  return null;
}
