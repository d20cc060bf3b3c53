import { findScanners } from "#drivers/discovery.ts";
import type { DiscoveryPorts, FoundScanner, ReadyScanner } from "#drivers/discovery.ts";
import { isThatScanner } from "#drivers/scanner-id.ts";
import type { ScannerId } from "#drivers/scanner-id.ts";

/** A lane's claim on a scanner, wherever that is plugged in. */
export type Seat = {
  /** The scanner, from now on this seat's alone; null when it is not there or another seat has it. */
  take(): Promise<ReadyScanner | null>;
  /** Nobody reads it now; the seat goes on waiting for it. */
  leave(): void;
  /** Whom it waits for. */
  id(): ScannerId;
  /** Waits for another scanner from now on: its own was replaced. */
  become(id: ScannerId): void;
};

/** Who has come and who is away. */
export type Survey = {
  /** Scanners that can be read, that nobody reads, and that no seat waits for. */
  readonly newcomers: readonly ReadyScanner[];
  /** Seats whose scanner is not plugged in. */
  readonly empty: readonly Seat[];
};

/** The USB scanners of this machine, shared out so that each is read by one lane only. */
export type ScannerBus = {
  /** Everything that is plugged in, also what cannot be read as it is. */
  find(): Promise<readonly FoundScanner[]>;
  survey(): Promise<Survey>;
  /** A seat that waits for this scanner from now on. */
  seat(id: ScannerId): Seat;
};

type Waiting = { id: ScannerId; path: string | null };

/**
 * Scanners without a serial number, or with the same one, cannot be told apart: then any of them may take any of their
 * seats, and a newcomer is one that is left over.
 */
export function createScannerBus(ports: DiscoveryPorts): ScannerBus {
  const seats = new Map<Seat, Waiting>();
  const findFree = async () => {
    const found = await findScanners(ports);
    const taken = new Set([...seats.values()].map((waiting) => waiting.path));
    return found.filter((one) => one.kind === "ready").filter(({ path }) => !taken.has(path));
  };
  return {
    find: () => findScanners(ports),
    async survey() {
      const free = await findFree();
      const empty = [...seats.keys()].filter((seat) => seats.get(seat)?.path === null);
      const newcomers = free.filter((scanner) => {
        const place = empty.findIndex((seat) => isThatScanner(scanner.id, seat.id()));
        if (place >= 0) empty.splice(place, 1);
        return place < 0;
      });
      return { newcomers, empty };
    },
    seat(first) {
      const waiting: Waiting = { id: first, path: null };
      const seat: Seat = {
        id: () => waiting.id,
        async take() {
          const found = (await findFree()).find((one) => isThatScanner(one.id, waiting.id)) ?? null;
          waiting.path = found?.path ?? null;
          return found;
        },
        leave() {
          waiting.path = null;
        },
        become(id) {
          waiting.id = id;
        },
      };
      seats.set(seat, waiting);
      return seat;
    },
  };
}
