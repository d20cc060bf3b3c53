import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import type { Machine } from "./machine.ts";
import type { Order } from "./messages.ts";

/** What a person does at the machine, done through QEMU. */
export type Hands = { do(order: Order): Promise<void> };

/** A key goes down or up after this pause, milliseconds: twice that is the pace of a scanner that types. */
const KEY_STEP_MS = 8;

/** Orders must be given one after the other. A cable that is not plugged in cannot carry anything: that rejects. */
export function createHands(machine: Machine): Hands {
  let cable: Socket | null = null;
  let isMade = false;
  const plugged = () => {
    if (cable === null) throw new Error("the cable is not plugged in");
    return cable;
  };
  return {
    async do(order) {
      switch (order.do) {
        case "plug":
          cable = await plug(machine, !isMade);
          isMade = true;
          return;
        case "unplug":
          await unplug(plugged());
          cable = null;
          return;
        case "scan":
          plugged().write(`${order.text}\r`);
          return;
        case "flood":
          void flood(plugged());
          return;
        case "type":
          return type(machine, order.text);
      }
    },
  };
}

/**
 * QEMU's usb-serial is an FTDI converter (0403:6001) that is on the bus exactly while somebody holds its other end. It is
 * made once: QEMU 7.2 ends with SIGSEGV, sooner or later, when `device_del` takes it away under load.
 */
async function plug({ qmp, cablePath }: Machine, isFirst: boolean): Promise<Socket> {
  const cable = connect(cablePath);
  await once(cable, "connect");
  // QEMU closes its end when the device goes, also while we write.
  cable.on("error", () => {});
  const device = { driver: "usb-serial", id: "cable", serial: "LAB0001", chardev: "cable" };
  if (isFirst) await qmp.execute("device_add", { ...device, bus: "xhci.0" });
  return cable;
}

/** With the cable goes what was on the wire: nothing is left for the next plugging. */
async function unplug(cable: Socket): Promise<void> {
  cable.destroy();
  await closing(cable);
}

async function flood(cable: Socket): Promise<void> {
  for (let number = 0; !cable.destroyed; number += 1) {
    const scan = `flood-${String(number).padStart(6, "0")}-${"x".repeat(40)}\r`;
    if (!cable.write(scan)) await Promise.race([draining(cable), closing(cable)]);
  }
}

// Not by events.once: that would reject with the error of a wire that is cut while something is on it.
function closing(cable: Socket): Promise<void> {
  if (cable.closed) return Promise.resolve();
  return new Promise((resolve) => cable.once("close", () => resolve()));
}

function draining(cable: Socket): Promise<void> {
  return new Promise((resolve) => cable.once("drain", resolve));
}

async function type({ qmp }: Machine, text: string): Promise<void> {
  const strokes = [...Array.from(text, keysOf), ["ret"]];
  // All at once: QEMU keeps them and paces them itself, whatever this process is doing.
  await Promise.all(
    strokes.map((keys) =>
      qmp.execute("send-key", {
        keys: keys.map((key) => ({ type: "qcode", data: key })),
        "hold-time": KEY_STEP_MS,
      }),
    ),
  );
}

const named: Readonly<Record<string, readonly string[]>> = {
  " ": ["spc"],
  ",": ["comma"],
  ".": ["dot"],
  "-": ["minus"],
  "/": ["slash"],
  "|": ["shift", "backslash"],
};

/** QEMU's names of the keys for a character on a US keyboard (QKeyCode in qapi/ui.json). */
function keysOf(character: string): readonly string[] {
  if (/[a-z0-9]/.test(character)) return [character];
  if (/[A-Z]/.test(character)) return ["shift", character.toLowerCase()];
  const keys = named[character];
  if (keys === undefined) throw new Error("the lab's keyboard types ASCII only");
  return keys;
}
