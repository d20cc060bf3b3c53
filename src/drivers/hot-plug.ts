import type { Clock } from "#core/ports.ts";
import type { Driver } from "#drivers/driver.ts";
import type { ReadyScanner } from "#drivers/discovery.ts";
import type { ScannerBus, Seat } from "#drivers/scanner-bus.ts";
import { scannerIdText } from "#drivers/scanner-id.ts";
import type { ScannerId } from "#drivers/scanner-id.ts";

/** A scanner that was seen for the first time since the program started. */
export type Newcomer = {
  /** The key of the scanner that it was plugged in instead of: it is read by that one's driver. Null: it stands alone. */
  readonly replaces: string | null;
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
  readonly createDriver: (seat: Seat) => Driver;
  /** Scanners that are taken; from then on new ones are left alone. */
  readonly most: number;
  /** Told once, of the first scanner that is left alone. */
  readonly onTooMany: (label: string) => void;
};

/** How often new scanners are looked for, milliseconds. With the opening, a scanner is read within 3 s. */
const LOOK_MS = 1_000;

/** A scanner that was away for so many looks, and one that comes then: the guard has taken the spare. */
const AWAY_LOOKS = 3;

type Place = { readonly seat: Seat; readonly driver: Driver; key: string; awayLooks: number };

/**
 * Takes scanners as they are plugged in. Never opens what is not known as a scanner. When one alone is away and one alone
 * is new, the new one takes its place: a broken scanner was changed for another.
 */
export function createHotPlug(ports: HotPlugPorts): HotPlug {
  const places: Place[] = [];
  let isFull = false;
  const take = ({ id, label }: ReadyScanner): readonly Newcomer[] => {
    if (places.length >= ports.most) {
      if (!isFull) ports.onTooMany(label);
      isFull = true;
      return [];
    }
    const seat = ports.bus.seat(id);
    const place = { seat, driver: ports.createDriver(seat), key: keyOf(id, places), awayLooks: 0 };
    places.push(place);
    return [{ key: place.key, label, driver: place.driver, replaces: null }];
  };
  const replace = (place: Place, { id, label }: ReadyScanner): Newcomer => {
    const { key: replaces, driver } = place;
    place.seat.become(id);
    place.key = keyOf(id, places);
    return { key: place.key, label, driver, replaces };
  };
  const look = async () => {
    const { newcomers, empty } = await ports.bus.survey();
    const away = new Set(empty);
    for (const place of places) place.awayLooks = away.has(place.seat) ? place.awayLooks + 1 : 0;
    const [gone, ...others] = places.filter((place) => place.awayLooks >= AWAY_LOOKS);
    const [newcomer, ...more] = newcomers;
    const isSpare = others.length === 0 && more.length === 0;
    if (gone !== undefined && newcomer !== undefined && isSpare) return [replace(gone, newcomer)];
    return newcomers.flatMap(take);
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

/** The first of `A`, `A#2`, `A#3` … that no scanner has. */
function keyOf(id: ScannerId, places: readonly Place[]): string {
  const text = scannerIdText(id);
  const taken = new Set(places.map((place) => place.key));
  let key = text;
  for (let number = 2; taken.has(key); number += 1) key = `${text}#${number}`;
  return key;
}
