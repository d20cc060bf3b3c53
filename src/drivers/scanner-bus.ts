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
};

/** The USB scanners of this machine, shared out so that each is read by one lane only. */
export type ScannerBus = {
  /** Everything that is plugged in, also what cannot be read as it is. */
  find(): Promise<readonly FoundScanner[]>;
  /** Scanners that can be read, that nobody reads, and that no seat waits for. */
  newcomers(): Promise<readonly ReadyScanner[]>;
  /** A seat that waits for this scanner from now on. */
  seat(id: ScannerId): Seat;
};

type WaitingSeat = { readonly id: ScannerId; path: string | null };

/**
 * Scanners without a serial number, or with the same one, cannot be told apart: then any of them may take any of their
 * seats, and a newcomer is one that is left over.
 */
export function createScannerBus(ports: DiscoveryPorts): ScannerBus {
  const seats: WaitingSeat[] = [];
  const findFree = async () => {
    const found = await findScanners(ports);
    const taken = new Set(seats.map((seat) => seat.path));
    return found.filter((one) => one.kind === "ready").filter(({ path }) => !taken.has(path));
  };
  return {
    find: () => findScanners(ports),
    async newcomers() {
      const free = await findFree();
      const waiting = seats.filter((seat) => seat.path === null);
      return free.filter((scanner) => {
        const place = waiting.findIndex((seat) => isThatScanner(scanner.id, seat.id));
        if (place >= 0) waiting.splice(place, 1);
        return place < 0;
      });
    },
    seat(id) {
      const seat: WaitingSeat = { id, path: null };
      seats.push(seat);
      return {
        async take() {
          const scanner = (await findFree()).find((one) => isThatScanner(one.id, id)) ?? null;
          seat.path = scanner?.path ?? null;
          return scanner;
        },
        leave() {
          seat.path = null;
        },
      };
    },
  };
}
