import type { EventHeader } from "#contract/wire.ts";

/** Server time minus the monotonic clock of a boot, by boot id, as hellos have told. */
export type BootTimes = ReadonlyMap<string, number>;

/** Largest instant of an ECMAScript date. */
const MAX_INSTANT_MS = 8.64e15;

/**
 * When an event happened by the server's clock, as well as it is known: the station's own offset; else the monotonic
 * clock, if this boot of the station has said hello since; else the station's wall clock as it is. UTC milliseconds.
 */
export function correctedTime(header: EventHeader, boots: BootTimes): number {
  const bootMs = boots.get(header.boot_id);
  const atMs =
    header.offset_ms !== null
      ? header.wall_ms + header.offset_ms
      : bootMs === undefined
        ? header.wall_ms
        : header.mono_ms + bootMs;
  return Math.min(Math.max(atMs, -MAX_INSTANT_MS), MAX_INSTANT_MS);
}
