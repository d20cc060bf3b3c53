/** Contactless readers of chips, through the system's PC/SC service. Off unless a reader is there. */
import type { Card, Client, Reader } from "pcsc-mini";
import type { Transmit } from "#core/chip/command.ts";
import type { Clock } from "#core/ports.ts";

/** What the watch tells. */
export type ChipReaderEvents = {
  /** A card lies on a reader. The next card waits until this settles; it must not reject. */
  onCard(transmit: Transmit): Promise<void>;
  /** How many readers are plugged in; also 0 when there is no PC/SC service. */
  onReaders(count: number): void;
  onFault(cause: unknown): void;
};

export type ChipReaderPorts = {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The PC/SC binding; rejects where the system has no such library. */
  readonly load: () => Promise<PcscModule>;
};

/** The part of the binding that is used. */
export type PcscModule = Pick<
  typeof import("pcsc-mini"),
  "Client" | "CardMode" | "CardDisposition" | "ReaderStatus"
>;

/** A service that is not there may be started later. */
const LOOK_AGAIN_MS = 30_000;

/** The binding itself, loaded only when somebody asks. */
export function loadPcsc(): Promise<PcscModule> {
  return import("pcsc-mini");
}

/**
 * Watches every reader until the signal aborts; resolves then. Without the library it resolves at once, having said that
 * there is no reader; without the service it looks again twice a minute.
 */
export async function watchChipReaders(
  events: ChipReaderEvents,
  ports: ChipReaderPorts,
): Promise<void> {
  const pcsc = await ports.load().catch((cause: unknown) => {
    events.onFault(cause);
    return null;
  });
  events.onReaders(0);
  if (pcsc === null) return;
  while (!ports.signal.aborted) {
    await watchOnce(pcsc, events, ports.signal);
    if (ports.signal.aborted) return;
    await ports.clock.sleep(LOOK_AGAIN_MS, ports.signal);
  }
}

/** One life of the service: until it fails or the signal aborts. */
function watchOnce(pcsc: PcscModule, events: ChipReaderEvents, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const client: Client = new pcsc.Client();
    const readers = new Set<Reader>();
    const end = () => {
      signal.removeEventListener("abort", end);
      stopClient(client, events);
      events.onReaders(0);
      resolve();
    };
    signal.addEventListener("abort", end, { once: true });
    client.on("error", end);
    client.on("reader", (reader) => {
      readers.add(reader);
      events.onReaders(readers.size);
      watchReader(pcsc, reader, events);
      reader.on("disconnect", () => {
        readers.delete(reader);
        events.onReaders(readers.size);
      });
    });
    client.start();
  });
}

/** The service may be gone already, and its handles with it. */
function stopClient(client: Client, events: ChipReaderEvents): void {
  try {
    if (client.running()) client.stop();
  } catch (cause) {
    events.onFault(cause);
  }
}

/** Each card that is laid on is told once; it has to be taken away before it counts again. */
function watchReader(pcsc: PcscModule, reader: Reader, events: ChipReaderEvents): void {
  let wasThere = false;
  let working: Promise<void> = Promise.resolve();
  reader.on("change", (status) => {
    const isThere = status.has(pcsc.ReaderStatus.PRESENT) && !status.has(pcsc.ReaderStatus.MUTE);
    const isNew = isThere && !wasThere;
    wasThere = isThere;
    if (isNew) working = working.then(() => useCard(pcsc, reader, events));
  });
}

async function useCard(pcsc: PcscModule, reader: Reader, events: ChipReaderEvents): Promise<void> {
  let card: Card | null = null;
  try {
    card = await reader.connect(pcsc.CardMode.EXCLUSIVE);
    const connected = card;
    await events.onCard((command) => connected.transmit(command));
  } catch (cause) {
    events.onFault(cause);
  } finally {
    await card?.disconnect(pcsc.CardDisposition.RESET).catch((cause: unknown) => {
      // A card that was taken away has ended the connection by itself.
      events.onFault(cause);
    });
  }
}
