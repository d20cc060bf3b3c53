/** Contactless readers of chips, through the system's PC/SC service. Off unless a reader is there. */
import type { Transmit } from "#core/chip/command.ts";
import type { Clock } from "#core/ports.ts";
import type { Pcscd } from "#drivers/pcscd.ts";

/** What the watch tells. */
export type ChipReaderEvents = {
  /** A card lies on a reader. The next card waits until this settles. */
  onCard(transmit: Transmit): Promise<void>;
  /** How many readers are plugged in, at every change; 0 without a PC/SC service. */
  onReaders(count: number): void;
  /** A card that left, or a service that went away. The watch goes on. */
  onFault(cause: unknown): void;
};

export type ChipReaderPorts = {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** A connection to the PC/SC service; rejects where there is none. */
  readonly connect: () => Promise<Pcscd>;
};

/** Quick enough for a hand that waits, and nothing to speak of for a processor. */
const LOOK_EVERY_MS = 250;
/** Without a service or a reader. */
const LOOK_AGAIN_MS = 10_000;

/** Watches every reader until the signal aborts; resolves then. Never rejects. */
export async function watchChipReaders(
  events: ChipReaderEvents,
  ports: ChipReaderPorts,
): Promise<void> {
  const { clock, signal } = ports;
  let known = -1;
  const tell = (count: number) => {
    if (count !== known) events.onReaders(count);
    known = count;
  };
  while (!signal.aborted) {
    const service = await ports.connect().catch(() => null);
    if (service !== null) await watchService(service, { ...events, onReaders: tell }, ports);
    tell(0);
    if (!signal.aborted) await clock.sleep(LOOK_AGAIN_MS, signal);
  }
}

/** One life of the service: until it fails or the signal aborts. */
async function watchService(
  service: Pcscd,
  events: ChipReaderEvents,
  { clock, signal }: ChipReaderPorts,
): Promise<void> {
  const stop = () => service.close();
  signal.addEventListener("abort", stop, { once: true });
  let withCard: ReadonlySet<string> = new Set();
  try {
    while (!signal.aborted) {
      const readers = await service.readers();
      events.onReaders(readers.length);
      const now = readers.filter(({ hasCard }) => hasCard).map(({ name }) => name);
      for (const name of now) {
        // Each card is told once; it has to be taken away before it counts again.
        if (!withCard.has(name)) await useCard(service, name, events);
      }
      withCard = new Set(now);
      await clock.sleep(readers.length === 0 ? LOOK_AGAIN_MS : LOOK_EVERY_MS, signal);
    }
  } catch (cause) {
    if (!signal.aborted) events.onFault(cause);
  } finally {
    signal.removeEventListener("abort", stop);
    service.close();
  }
}

async function useCard(service: Pcscd, reader: string, events: ChipReaderEvents): Promise<void> {
  try {
    const card = await service.connectCard(reader);
    await events.onCard((command) => card.transmit(command)).finally(() => card.release());
  } catch (cause) {
    events.onFault(cause);
  }
}
