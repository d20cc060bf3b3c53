import type { BaudMemory } from "#drivers/auto-baud.ts";
import { createDriver } from "#drivers/create-driver.ts";
import type { DriverPorts } from "#drivers/create-driver.ts";
import type { DiscoveryPorts, FoundScanner } from "#drivers/discovery.ts";
import type { HidModule } from "#drivers/hid-module.ts";
import { nodeHid } from "#drivers/hid-module.ts";
import { createHotPlug } from "#drivers/hot-plug.ts";
import type { HotPlug } from "#drivers/hot-plug.ts";
import { createScannerBus } from "#drivers/scanner-bus.ts";
import { parseScannerSpec } from "#drivers/scanner-spec.ts";
import type { ScannerSpec } from "#drivers/scanner-spec.ts";
import { listUsbSerialPorts } from "#drivers/serial-ports.ts";
import { createSeatDriver } from "#drivers/usb.ts";
import { createWedge } from "#drivers/wedge-driver.ts";
import type { Wedge } from "#drivers/wedge-driver.ts";
import type { LaneDriver } from "#main/read-lanes.ts";
import type { StartOptions } from "#main/start-options.ts";
import { systemClock, systemRandom } from "#main/system-ports.ts";
import { UsageError } from "#main/usage-error.ts";

/** The lanes of this run, and the wedge that a shell feeds with keys. */
export type Lanes = {
  readonly lanes: readonly LaneDriver[];
  /** Finds scanners now and as they are plugged in; null: only the configured ones are read. */
  readonly hotPlug: HotPlug | null;
  readonly wedge: Wedge;
  /** Sentences for the terminal about the scanners that are there now. Looks at every bus. */
  remarks(): Promise<readonly string[]>;
};

/** The devices of a machine; tests bring their own. */
export type Machine = Pick<DiscoveryPorts, "listSerialPorts"> & { readonly hid: HidModule };

const thisMachine: Machine = { listSerialPorts: listUsbSerialPorts, hid: nodeHid };

/** Scanners that are taken without being configured: more at one gate is no gate. */
const MOST_FOUND = 6;

/**
 * A driver for every configured lane; without any, for every scanner that is found now or plugged in later, for lines
 * typed on the terminal, and for a scanner that types into the window. Throws UsageError for a `--scanner` value that cannot be understood.
 */
export function createLanes(
  options: Pick<StartOptions, "lanes" | "findsScanners">,
  bauds: BaudMemory,
  machine: Machine = thisMachine,
): Lanes {
  const wedge = createWedge(systemClock);
  const bus = createScannerBus(machine);
  const ports: DriverPorts = {
    clock: systemClock,
    random: systemRandom,
    stdin: process.stdin,
    hid: machine.hid,
    bus,
    wedge,
    bauds,
  };
  if (!options.findsScanners) {
    const lanes = options.lanes.map(({ scanner, ...lane }) => {
      const source = createDriver(understood(scanner), ports);
      return { ...lane, driver: scanner, isShown: true, source };
    });
    return { lanes, hotPlug: null, wedge, remarks: () => Promise.resolve([]) };
  }
  const hotPlug = createHotPlug({
    bus,
    clock: systemClock,
    createDriver: (seat) => createSeatDriver(seat, ports),
    most: MOST_FOUND,
    onTooMany: (label) =>
      process.stdout.write(`Đã có ${MOST_FOUND} máy quét, không nhận thêm ${label}.\n`),
  });
  return {
    lanes: [terminalLane(ports), wedgeLane(ports)],
    hotPlug,
    wedge,
    remarks: async () => (await bus.find()).flatMap(remarkOn),
  };
}

/** Lines typed on the terminal: a lane beside the scanners, of which the guard need not know. */
function terminalLane(ports: DriverPorts): LaneDriver {
  const source = createDriver({ kind: "stdin" }, ports);
  return { ...unnamed, name: "terminal", driver: source.device, isShown: false, source };
}

/** A scanner that types into the window: none of the guard's scanners until it has. */
function wedgeLane(ports: DriverPorts): LaneDriver {
  const source = createDriver({ kind: "wedge" }, ports);
  return { ...unnamed, name: "wedge", driver: source.device, isShown: "once-used", source };
}

const unnamed = { direction: "auto", label: null, sound: "normal" } as const;

function understood(text: string): ScannerSpec {
  const parsed = parseScannerSpec(text);
  if (parsed.kind === "spec") return parsed.spec;
  throw new UsageError(parsed.vietnamese, parsed.english);
}

function remarkOn(scanner: FoundScanner): readonly string[] {
  switch (scanner.kind) {
    case "ready":
      return [`Máy quét: ${scanner.label}`];
    case "cable":
      return [`Có thể có máy quét trên dây ${scanner.label}; nếu đúng, hãy chạy với --scanner.`];
    case "wrong-mode":
      return [
        `${scanner.label}: hãy quét mã cài đặt "USB serial (COM)" trong sách hướng dẫn của máy.`,
      ];
    case "not-listed":
      return [`Không liệt kê được máy quét qua ${scanner.bus}.`];
  }
}
