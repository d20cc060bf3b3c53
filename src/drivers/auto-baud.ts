import type { Clock } from "#core/ports.ts";
import type { Scan } from "#core/scan.ts";
import { TEST_MARKER } from "#core/scanner-test-codes.ts";
import type { Driver, DriverReport } from "#drivers/driver.ts";

/** Where the speed of a port is kept between two starts. */
export type BaudMemory = {
  /** The speed that was found the last time, bits per second; null: never. */
  known(path: string): number | null;
  keep(path: string, baudRate: number): void;
};

export type AutoBaudParts = {
  readonly path: string;
  readonly memory: BaudMemory;
  /** The driver of this port at one speed. */
  readonly driverAt: (baudRate: number) => Driver;
  readonly clock: Clock;
};

/** Factory settings of scanners, the most frequent first; 14,400 is that of a cheap reader (cccd-checkin). */
export const COMMON_BAUD_RATES: readonly number[] = [
  9_600, 115_200, 57_600, 38_400, 19_200, 14_400, 4_800,
];

/** After garbage the rest of that scan is waited for, or it would be read at the next speed as a card without a head. */
const REST_OF_SCAN_MS = 600;

/** At a wrong speed a port may give nothing at all: bytes with a framing error are dropped by the system. */
const NOTHING_CAME_MS = 5_000;

/**
 * Reads a serial port whose speed nobody knows: tries one speed after the other until a scan arrives whole, keeps that
 * speed, and tells it. Scans that come before that are dropped as noise. A port that is lost and comes back is searched
 * again, the speed of before first.
 */
export function createAutoBaudDriver(parts: AutoBaudParts): Driver {
  const device = `serial:${parts.path}`;
  return {
    device,
    kind: "serial",
    endsByItself: false,
    async *read(signal, report) {
      const rates = orderedRates(parts.memory.known(parts.path));
      const opened = onceOpened(report);
      for (let turn = 0; !signal.aborted; turn += 1) {
        const baudRate = rates[turn % rates.length] ?? COMMON_BAUD_RATES[0] ?? 0;
        yield* readAt(baudRate, parts, signal, opened);
      }
    },
  };
}

function orderedRates(known: number | null): readonly number[] {
  if (known === null) return COMMON_BAUD_RATES;
  return [known, ...COMMON_BAUD_RATES.filter((rate) => rate !== known)];
}

/** To the guard a search is one opening. */
function onceOpened(report: DriverReport): DriverReport {
  let isOpen = false;
  return {
    onOpen() {
      if (!isOpen) report.onOpen();
      isOpen = true;
    },
    onDropped: (dropped) => report.onDropped(dropped),
  };
}

/** One speed: to the end of the reading when it is the right one, else until garbage or nothing came. */
async function* readAt(
  baudRate: number,
  parts: AutoBaudParts,
  signal: AbortSignal,
  report: DriverReport,
): AsyncGenerator<Scan, void> {
  const { clock, path, memory } = parts;
  const turned = new AbortController();
  const ending = AbortSignal.any([signal, turned.signal]);
  const driver = parts.driverAt(baudRate);
  let verdict: "open" | "right" | "wrong" = "open";
  const turnAfter = async (ms: number) => {
    await clock.sleep(ms, ending);
    if (verdict !== "right") turned.abort();
  };
  const wrong = () => {
    if (verdict === "open") void turnAfter(REST_OF_SCAN_MS);
    if (verdict !== "right") verdict = "wrong";
  };
  const listening: DriverReport = {
    onOpen: () => report.onOpen(),
    onDropped(dropped) {
      report.onDropped(dropped);
      wrong();
    },
  };
  void turnAfter(NOTHING_CAME_MS);
  try {
    for await (const scan of driver.read(ending, listening)) {
      if (verdict === "open" && isPlausible(scan.bytes)) {
        verdict = "right";
        if (memory.known(path) !== baudRate) memory.keep(path, baudRate);
      }
      if (verdict === "right") yield scan;
      else {
        const { device } = scan;
        listening.onDropped({ reason: "noise", byteCount: scan.bytes.length, device });
      }
    }
  } finally {
    turned.abort();
  }
}

const SHORTEST = 8;
/** Cards are ASCII but for the letters with marks; at a wrong speed about two bytes in five are. */
const PRINTABLE_SHARE = 0.6;
const DIGITS = /\d{6}/;

/**
 * True when bytes are a code and no garbage of a wrong speed: most of them printable ASCII, all of them strict UTF-8 (or nine
 * of ten printable, from a scanner set to an old code page), and six digits in a row, or the marker of a test code. Every
 * card has them. Printable letters alone prove nothing: digits that are read at half their speed become letters.
 */
export function isPlausible(bytes: Uint8Array): boolean {
  if (bytes.length < SHORTEST) return false;
  const text = new TextDecoder("latin1").decode(bytes);
  const share = (text.match(/[ -~]/g)?.length ?? 0) / bytes.length;
  if (share < PRINTABLE_SHARE || (share < 0.9 && !isUtf8(bytes))) return false;
  return DIGITS.test(text) || text.includes(TEST_MARKER);
}

function isUtf8(bytes: Uint8Array): boolean {
  return !new TextDecoder("utf-8").decode(bytes).includes("\ufffd");
}
