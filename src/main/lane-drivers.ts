import { createDriver } from "#drivers/create-driver.ts";
import type { DriverPorts } from "#drivers/create-driver.ts";
import { findScanners } from "#drivers/discovery.ts";
import type { FoundScanner } from "#drivers/discovery.ts";
import { nodeHid } from "#drivers/hid-module.ts";
import { parseScannerSpec } from "#drivers/scanner-spec.ts";
import type { ScannerSpec } from "#drivers/scanner-spec.ts";
import { listUsbSerialPorts } from "#drivers/serial-ports.ts";
import { createWedge } from "#drivers/wedge-driver.ts";
import type { Wedge } from "#drivers/wedge-driver.ts";
import type { StartOptions } from "#main/start-options.ts";
import type { LaneDriver } from "#main/start-station.ts";
import { systemClock, systemRandom } from "#main/system-ports.ts";
import { UsageError } from "#main/usage-error.ts";

/** The lanes of this run, and the wedge that a shell feeds with keys. */
export type Lanes = {
  readonly lanes: readonly LaneDriver[];
  readonly wedge: Wedge;
  /** Sentences for the terminal about scanners that were found and cannot be read as they are. */
  readonly remarks: readonly string[];
};

/**
 * A driver for every configured lane; without any, for every scanner that is found, and for lines typed on the
 * terminal. Throws UsageError for a `--scanner` value that cannot be understood.
 */
export async function createLanes(options: StartOptions): Promise<Lanes> {
  const wedge = createWedge(systemClock);
  const ports: DriverPorts = {
    clock: systemClock,
    random: systemRandom,
    stdin: process.stdin,
    hid: nodeHid,
    wedge,
  };
  if (!options.findsScanners) {
    const lanes = options.lanes.map((lane) => {
      const source = createDriver(understood(lane.scanner), ports);
      return { name: lane.name, driver: lane.scanner, direction: lane.direction, source };
    });
    return { lanes, wedge, remarks: [] };
  }
  const found = await findScanners({ listSerialPorts: listUsbSerialPorts, hid: nodeHid });
  const ready = found.flatMap((scanner) => (scanner.kind === "ready" ? [scanner.spec] : []));
  const specs: readonly ScannerSpec[] = [...ready, { kind: "stdin" }];
  const lanes = specs.map((spec, index) => {
    const source = createDriver(spec, ports);
    const direction = "auto" as const;
    return { name: `lane-${index + 1}`, driver: source.device, direction, source };
  });
  return { lanes, wedge, remarks: found.flatMap(remarkOn) };
}

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
