import type { Clock } from "#core/ports.ts";
import type { Scan } from "#core/scan.ts";
import { createChannel } from "#drivers/channel.ts";
import type { Channel } from "#drivers/channel.ts";
import type { DeviceLost, Driver, DriverReport } from "#drivers/driver.ts";
import { createFramePump } from "#drivers/frame-pump.ts";
import type { FramePump } from "#drivers/frame-pump.ts";
import type { HidInterface, HidLink, HidModule } from "#drivers/hid-module.ts";
import { createHidAssembler, isHidPosScanner } from "#drivers/hid-pos.ts";
import { isThatScanner } from "#drivers/scanner-id.ts";
import type { HidModel } from "#drivers/scanner-spec.ts";
import { deviceLost } from "#drivers/trouble.ts";
import { modelName } from "#drivers/vendors.ts";

/** How often new scanners are looked for, and old ones missed, milliseconds. HID has no event for either. */
const LOOK_MS = 2_000;

/** Reports of one scan follow each other within 16 ms; after this silence a scan is whole or torn. */
const REPORT_GAP_MS = 150;

/** Scans that may wait. Nobody scans that much by hand while a station is busy: it means that it no longer takes any. */
const WAITING_SCANS = 10_000;

/**
 * Reads every HID POS scanner of a model, or every one there is when `model` is null, as one source. Scanners that are
 * plugged in later join; the device counts as lost when none is left.
 */
export function createHidDriver(model: HidModel | null, clock: Clock, hid: HidModule): Driver {
  const device = model === null ? "hid" : `hid:${modelName(model.vendorId, model.productId)}`;
  const isWanted = (listed: HidInterface) =>
    model === null || isThatScanner(listed, { ...model, serialNumber: null });
  return createHidReader({ device, isWanted }, clock, hid);
}

/** Which HID POS interfaces are read as one source, and what the source is called. */
export type HidSource = {
  readonly device: string;
  readonly isWanted: (listed: HidInterface) => boolean;
};

/** Reads the HID POS scanners that are wanted, and leaves all other devices closed. */
export function createHidReader(source: HidSource, clock: Clock, hid: HidModule): Driver {
  const { device, isWanted } = source;
  return {
    device,
    kind: "hid",
    endsByItself: false,
    async *read(signal, report) {
      if (signal.aborted) return;
      const channel = createChannel<Scan>(WAITING_SCANS);
      const cancel = () => channel.cancel();
      signal.addEventListener("abort", cancel, { once: true });
      const session = startSession({ isWanted, device, clock, hid, channel, report });
      try {
        yield* channel.items;
      } finally {
        signal.removeEventListener("abort", cancel);
        await session.close();
      }
    },
  };
}

type SessionParts = {
  readonly isWanted: (listed: HidInterface) => boolean;
  readonly device: string;
  readonly clock: Clock;
  readonly hid: HidModule;
  readonly channel: Channel<Scan>;
  readonly report: DriverReport;
};

/** One opening of the source: looks, opens what is new, drops what is gone, until it is closed or nothing is left. */
function startSession(parts: SessionParts): { close(): Promise<void> } {
  const { device, clock, channel } = parts;
  const closed = new AbortController();
  const end = (error: DeviceLost) => {
    closed.abort();
    channel.end(error);
  };
  const scanners = createScanners(parts, closed.signal, (cause) =>
    end(deviceLost(device, cause, "unplugged")),
  );
  const keepLooking = async () => {
    while (!closed.signal.aborted) {
      try {
        await scanners.look();
      } catch (cause) {
        // With a scanner at work, one that will not open or a list that fails is tried again at the next look.
        if (scanners.count() === 0) return end(deviceLost(device, cause));
      }
      if (scanners.count() === 0) return end(deviceLost(device, noScanner(), "not-found"));
      await clock.sleep(LOOK_MS, closed.signal);
    }
  };
  void keepLooking();
  return {
    async close() {
      closed.abort();
      await scanners.close();
    },
  };
}

type OpenScanner = { readonly link: HidLink; readonly pump: FramePump<Uint8Array> };

/** The scanners that are open now. `onLastLost` is told when the last of them went away by itself. */
function createScanners(
  parts: SessionParts,
  closed: AbortSignal,
  onLastLost: (cause: Error) => void,
) {
  const scanners = new Map<string, OpenScanner>();
  const drop = async (path: string) => {
    const scanner = scanners.get(path);
    scanners.delete(path);
    scanner?.pump.stop();
    if (scanner !== undefined) await closeLink(scanner.link);
  };
  const lose = (path: string, cause: Error) => {
    void drop(path);
    if (scanners.size === 0) onLastLost(cause);
  };
  const open = async (found: HidInterface) => {
    const pump = createPump(parts);
    let isLost = false;
    const link = await parts.hid.open(found.path, {
      onReport: (bytes) => pump.take(bytes),
      onError(cause) {
        if (!isLost) lose(found.path, cause);
        isLost = true;
      },
    });
    if (closed.aborted || isLost) return closeLink(link);
    scanners.set(found.path, { link, pump });
    await redirectToPointOfSale(found, link);
    if (scanners.size === 1) parts.report.onOpen();
  };
  return {
    count: () => scanners.size,
    /** Rejects when the list fails, or with the first refusal to open after all others were tried. */
    async look() {
      const found = (await parts.hid.list()).filter(
        (listed) => isHidPosScanner(listed) && parts.isWanted(listed),
      );
      const paths = new Set(found.map(({ path }) => path));
      for (const path of scanners.keys()) {
        if (!paths.has(path)) lose(path, new Error("the scanner is no longer listed"));
      }
      const refusals: unknown[] = [];
      for (const listed of found) {
        if (scanners.has(listed.path) || closed.aborted) continue;
        await open(listed).catch((cause: unknown) => refusals.push(cause));
      }
      if (refusals.length > 0) throw refusals[0];
    },
    close: () => Promise.all([...scanners.keys()].map(drop)),
  };
}

function createPump({ device, clock, channel, report }: SessionParts): FramePump<Uint8Array> {
  return createFramePump({
    device,
    assembler: createHidAssembler(),
    gapMs: () => REPORT_GAP_MS,
    clock,
    onScan(scan) {
      if (!channel.isFull()) return channel.push(scan);
      channel.end(deviceLost(device, new Error(`${WAITING_SCANS} scans wait for the station`)));
    },
    onDropped: (dropped) => report.onDropped(dropped),
  });
}

function noScanner(): Error {
  return new Error("no scanner in HID POS mode is plugged in");
}

/** An interface that refuses to be closed is gone already. */
async function closeLink(link: HidLink): Promise<void> {
  await link.close().catch(() => {});
}

const HONEYWELL = 0x0c2e;
const YOUJIE = 0x23d0;
const REDIRECT_OUTPUT = Uint8Array.of(0xfe, 0x01);

/**
 * Honeywell and Youjie go on typing through their keyboard interface until they are told to send to this one. Models that
 * need no telling refuse the report ("Broken pipe"), and send here all the same.
 */
async function redirectToPointOfSale(found: HidInterface, link: HidLink): Promise<void> {
  if (found.vendorId !== HONEYWELL && found.vendorId !== YOUJIE) return;
  await link.sendFeatureReport(REDIRECT_OUTPUT).catch(() => {});
}
