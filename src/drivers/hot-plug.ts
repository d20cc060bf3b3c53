import type { Clock } from "#core/ports.ts";
import type { Driver } from "#drivers/driver.ts";
import type { ScannerBus } from "#drivers/scanner-bus.ts";
import { scannerIdText } from "#drivers/scanner-id.ts";
import type { ScannerId } from "#drivers/scanner-id.ts";

/** A scanner that was seen for the first time since the program started. */
export type Newcomer = {
  /** The same for the same scanner at every start: `1eab:1a10:A0001`; `…#2` for a second one that cannot be told apart. */
  readonly key: string;
  /** For people: maker and model. */
  readonly label: string;
  readonly driver: Driver;
};

export type HotPlug = {
  /** Looks once. What it returns it never returns again, also after the scanner was unplugged. */
  look(): Promise<readonly Newcomer[]>;
  /** Looks again and again, until the signal aborts. */
  watch(signal: AbortSignal): AsyncIterable<Newcomer>;
};

export type HotPlugPorts = {
  readonly bus: ScannerBus;
  readonly clock: Clock;
  readonly createDriver: (id: ScannerId) => Driver;
  /** Scanners that are taken; from then on new ones are left alone. */
  readonly most: number;
  /** Told once, of the first scanner that is left alone. */
  readonly onTooMany: (label: string) => void;
};

/** How often new scanners are looked for, milliseconds. With the opening, a scanner is read within 3 s. */
const LOOK_MS = 1_000;

/** Takes scanners as they are plugged in. Never opens what is not known as a scanner. */
export function createHotPlug(ports: HotPlugPorts): HotPlug {
  const seen = new Map<string, number>();
  let [taken, isFull] = [0, false];
  const look = async () => {
    const newcomers: Newcomer[] = [];
    for (const { id, label } of await ports.bus.newcomers()) {
      if (taken < ports.most) {
        taken += 1;
        newcomers.push({ key: keyOf(id, seen), label, driver: ports.createDriver(id) });
      } else if (!isFull) {
        isFull = true;
        ports.onTooMany(label);
      }
    }
    return newcomers;
  };
  return {
    look,
    async *watch(signal) {
      while (!signal.aborted) {
        yield* await look();
        await ports.clock.sleep(LOOK_MS, signal);
      }
    },
  };
}

function keyOf(id: ScannerId, seen: Map<string, number>): string {
  const text = scannerIdText(id);
  const count = (seen.get(text) ?? 0) + 1;
  seen.set(text, count);
  return count === 1 ? text : `${text}#${count}`;
}
