import { openSync, writeSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { LabMessage, Order } from "./messages.ts";

/** What a scenario has in its hands inside the guest. */
export type Bench = {
  /** Asks the host's hands for something. What comes of it is seen on the hardware. */
  order(order: Order): void;
  check(name: string, isGood: boolean, detail?: string): void;
  note(text: string): void;
};

/** The serial line to the host. */
const LINE = "/dev/ttyS1";

/** Emulated, on a machine with other work: nothing is called missing before so long, milliseconds. */
export const PATIENCE_MS = 30_000;

export function openBench(): Bench & { end(): void } {
  const line = openSync(LINE, "w");
  const send = (message: LabMessage) => {
    const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
    for (let sent = 0; sent < bytes.length;) sent += writeSync(line, bytes, sent);
  };
  return {
    order: (order) => send({ kind: "order", order }),
    check: (name, isGood, detail = "") => send({ kind: "check", name, isGood, detail }),
    note: (text) => send({ kind: "note", text }),
    end: () => send({ kind: "end" }),
  };
}

/** Waits until `look` gives something. Throws, naming `what`, when it does not. */
export async function until<Value>(
  look: () => Value | null | false | Promise<Value | null | false>,
  what: string,
  withinMs = PATIENCE_MS,
): Promise<Value> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const value = await look();
    if (value !== null && value !== false) return value;
    if (performance.now() > endMs) throw new Error(`not seen within ${withinMs} ms: ${what}`);
    await wait(20);
  }
}

/** Middle and largest of some measurements, rounded, as `p50 12, max 40 ms`. */
export function spread(values: readonly number[], unit: string): string {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return `n ${sorted.length}, p50 ${middle.toFixed(0)}, max ${(sorted.at(-1) ?? 0).toFixed(0)} ${unit}`;
}
