import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync, readSync, writeFileSync, writeSync } from "node:fs";

/** A HID device made in user space; to the kernel and to programs it is one on USB (Documentation/hid/uhid.rst). */
export type MadeDevice = {
  /** One input report, its number first. */
  send(report: Uint8Array): void;
  /** All of them while this process, with every thread of it, stands still: as on a computer that is busy elsewhere. */
  sendUnread(reports: readonly Uint8Array[]): void;
  /** Reports that programs have sent to the device so far. Answers those that ask for an answer: call it while waiting. */
  received(): readonly string[];
  unplug(): void;
};

export type MadeModel = {
  readonly name: string;
  readonly vendorId: number;
  readonly productId: number;
  readonly descriptor: Uint8Array;
};

/** include/uapi/linux/uhid.h; all structures are packed, little-endian. */
const EVENT = { destroy: 1, output: 6, create: 11, input: 12, setReport: 13, setReportReply: 14 };
const DATA_MAX = 4_096;
const INPUT_BYTES = 4 + 2 + DATA_MAX;
const EVENT_BYTES = 4 + 4_376;
const BUS_USB = 3;

/** Needs root. The device is plugged in when this returns, and gone after `unplug`. */
export function makeHidDevice(model: MadeModel): MadeDevice {
  const handle = openSync("/dev/uhid", constants.O_RDWR | constants.O_NONBLOCK);
  const received: string[] = [];
  writeSync(handle, creation(model));
  return {
    send: (report) => void writeSync(handle, inputOf(report)),
    sendUnread(reports) {
      const events = "/run/reports";
      writeFileSync(events, Buffer.concat(reports.map(inputOf)));
      // One write is one event; the shell's parent is this process.
      const copy = `/run/busybox dd if=${events} bs=${INPUT_BYTES} 2>/dev/null`;
      const script = `kill -STOP $PPID; ${copy}; kill -CONT $PPID`;
      spawnSync("/run/busybox", ["sh", "-c", script], { stdio: ["ignore", handle, "inherit"] });
    },
    received() {
      for (let event = nextEvent(handle); event !== null; event = nextEvent(handle)) {
        const report = reportIn(event, handle);
        if (report !== null) received.push(report);
      }
      return received;
    },
    unplug() {
      const event = Buffer.alloc(4);
      event.writeUInt32LE(EVENT.destroy, 0);
      writeSync(handle, event);
      closeSync(handle);
    },
  };
}

/** uhid_create2_req: name 128, phys 64, uniq 64, descriptor's size, bus, vendor, product, version, country, descriptor. */
function creation({ name, vendorId, productId, descriptor }: MadeModel): Buffer {
  const event = Buffer.alloc(4 + 276 + DATA_MAX);
  event.writeUInt32LE(EVENT.create, 0);
  event.write(name, 4);
  event.write("lab/0", 132);
  event.write("LAB-0001", 196);
  event.writeUInt16LE(descriptor.length, 260);
  event.writeUInt16LE(BUS_USB, 262);
  event.writeUInt32LE(vendorId, 264);
  event.writeUInt32LE(productId, 268);
  event.set(descriptor, 280);
  return event;
}

function inputOf(report: Uint8Array): Buffer {
  const event = Buffer.alloc(INPUT_BYTES);
  event.writeUInt32LE(EVENT.input, 0);
  event.writeUInt16LE(report.length, 4);
  event.set(report, 6);
  return event;
}

function nextEvent(handle: number): Buffer | null {
  const event = Buffer.alloc(EVENT_BYTES);
  try {
    readSync(handle, event);
    return event;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EAGAIN") return null;
    throw cause;
  }
}

/** The report in an event, in hexadecimal, or null. A feature report blocks its sender until it is answered. */
function reportIn(event: Buffer, handle: number): string | null {
  const kind = event.readUInt32LE(0);
  if (kind === EVENT.output) return event.toString("hex", 4, 4 + event.readUInt16LE(4 + DATA_MAX));
  if (kind !== EVENT.setReport) return null;
  const reply = Buffer.alloc(4 + 6);
  reply.writeUInt32LE(EVENT.setReportReply, 0);
  event.copy(reply, 4, 4, 8);
  writeSync(handle, reply);
  return event.toString("hex", 12, 12 + event.readUInt16LE(10));
}
