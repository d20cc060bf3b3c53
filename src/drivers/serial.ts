import type { Clock } from "#core/ports.ts";
import type { Scan } from "#core/scan.ts";
import { createChannel } from "#drivers/channel.ts";
import type { Channel } from "#drivers/channel.ts";
import type { DeviceTrouble, Driver, DriverReport } from "#drivers/driver.ts";
import { createFramePump } from "#drivers/frame-pump.ts";
import { createFramer } from "#drivers/framing.ts";
import { holderOf } from "#drivers/port-holder.ts";
import { openSerialLink } from "#drivers/serial-link.ts";
import type { SerialLink } from "#drivers/serial-link.ts";
import { deviceLost, troubleOf } from "#drivers/trouble.ts";

/** Which port, and how fast its wire is. */
export type SerialSettings = {
  /** `/dev/ttyACM0`, a `/dev/serial/by-id/…` link, `COM3`. */
  readonly path: string;
  /** Bits per second; a USB serial scanner (CDC) ignores it. */
  readonly baudRate: number;
};

/** Factory setting of most RS-232 scanners. */
export const DEFAULT_BAUD_RATE = 9600;

/** How often an open port is checked for a device that went away without a word, milliseconds. */
const WATCH_MS = 2_000;

/** Scans that wait in this process before the port is asked to hold its own. */
const WAITING_SCANS = 1_000;

/** Reads one serial port through `serialport`; `device` is what its scans say that they came from. */
export function createSerialDriver(
  settings: SerialSettings,
  clock: Clock,
  device = `serial:${settings.path}`,
): Driver {
  return {
    device,
    kind: "serial",
    endsByItself: false,
    async *read(signal, report) {
      if (signal.aborted) return;
      const channel = createChannel<Scan>(WAITING_SCANS);
      const cancel = () => channel.cancel();
      signal.addEventListener("abort", cancel, { once: true });
      const session = startSession({ settings, device, clock, channel, report });
      try {
        yield* channel.items;
      } finally {
        signal.removeEventListener("abort", cancel);
        await session.close();
      }
    },
  };
}

/**
 * Silence that ends a scan without a terminator. USB serial and pseudo terminals deliver a scan in one go; on a slow
 * wire a scanner may pause between blocks, and 300 bytes take 330 ms at 9600 bits per second.
 */
export function idleGapMs(settings: SerialSettings): number {
  const isWire = !/ttyACM|\/pts\/|usbmodem|\/by-id\/(?!.*-port\d)/.test(settings.path);
  return isWire && settings.baudRate < 115_200 ? 300 : 90;
}

type SessionParts = {
  readonly settings: SerialSettings;
  readonly device: string;
  readonly clock: Clock;
  readonly channel: Channel<Scan>;
  readonly report: DriverReport;
};

/** One opening, from the attempt to the closed handle. Ends the channel when the device is lost or will not open. */
function startSession(parts: SessionParts): { close(): Promise<void> } {
  const { settings, device, clock, channel, report } = parts;
  const closed = new AbortController();
  const pump = createFramePump({
    device,
    assembler: createFramer("scanner"),
    gapMs: () => idleGapMs(settings),
    clock,
    onScan: (scan) => channel.push(scan),
    onDropped: (dropped) => report.onDropped(dropped),
  });
  let link: SerialLink | null = null;

  const lose = (cause: unknown, trouble?: DeviceTrouble, holder?: string | null) => {
    pump.stop();
    channel.end(deviceLost(device, cause, trouble, holder));
  };
  const open = async () => {
    try {
      link = await openSerialLink(settings.path, settings.baudRate, {
        onBytes(chunk) {
          pump.take(chunk);
          if (link !== null && channel.isFull()) void holdBack(link, channel);
        },
        onLost: (cause) => lose(cause, "unplugged"),
      });
    } catch (cause) {
      const isBusy = troubleOf(cause) === "busy";
      lose(cause, isBusy ? "busy" : undefined, isBusy ? await holderOf(settings.path) : null);
      return;
    }
    if (closed.signal.aborted) return;
    report.onOpen();
    void watch(link, clock, closed.signal, lose);
  };
  const opening = open();

  return {
    async close() {
      closed.abort();
      pump.stop();
      // A port that is still opening is closed when it has opened; nobody waits for it.
      if (link === null) void opening.then(() => link?.close());
      else await link.close();
    },
  };
}

/** The kernel and the scanner keep what this process cannot take yet. */
async function holdBack(link: SerialLink, channel: Channel<Scan>): Promise<void> {
  link.pause();
  await channel.room();
  link.resume();
}

/** Some drivers of some systems never tell that a device is gone: look whether its path still leads to it. */
async function watch(
  link: SerialLink,
  clock: Clock,
  closed: AbortSignal,
  lose: (cause: unknown, trouble?: "unplugged") => void,
): Promise<void> {
  try {
    while (!closed.aborted) {
      await clock.sleep(WATCH_MS, closed);
      if (closed.aborted || (await link.isSameDevice())) continue;
      lose(new Error("the path no longer leads to the device"), "unplugged");
      return;
    }
  } catch (cause) {
    lose(cause);
  }
}
