import type { Clock } from "#core/ports.ts";
import type { Log } from "#main/log.ts";
import type { StatusBoard } from "#main/status-board.ts";
import type { Ballast } from "#storage/ballast.ts";
import type { EntryBook } from "#storage/entry-book.ts";
import type { OffsetNow } from "#sync/clock-offset.ts";

export type HousekeepingParts = {
  readonly book: EntryBook;
  readonly ballast: Ballast;
  readonly board: StatusBoard;
  readonly clock: Clock;
  readonly log: Log;
  readonly offset: () => OffsetNow | null;
  readonly freeBytes: () => Promise<number>;
  /** How long the readable copy of a person lives. */
  readonly readableMs: () => number;
};

const CHECKPOINT_EVERY_MS = 5_000;
const DISK_EVERY_MS = 30_000;
const FORGET_EVERY_MS = 600_000;
/** The sealed copy lives this long after its acknowledgement: as long as the province may have to ask for it again. */
const SEALED_MS = 14 * 24 * 3_600_000;
const ERASE_EVERY_MS = 60_000;
/** Some milliseconds of work; a million events are looked through in two days. */
const ERASE_AT_ONCE = 400;
/** A clock further off than this from the server's is no ground to delete anything. */
const SANE_OFFSET_MS = 3_600_000;
/** The ballast comes back only where it does not fill the disk again. */
const ROOM_FOR_BALLAST_BYTES = 512 * 1024 * 1024;

/** What a station does between scans: checkpoints, a look at the disk, forgetting names and old sealed bodies. Stops when told. */
export function startHousekeeping(parts: HousekeepingParts): { stop(): void } {
  let erasedUpto = 0;
  let isOver = false;
  const look = () => void lookAtDisk(parts, () => isOver);
  const eraseNext = () => {
    erasedUpto = eraseSealed(parts, erasedUpto);
  };
  const timers = [
    setInterval(() => tried(parts, () => parts.book.checkpoint()), CHECKPOINT_EVERY_MS),
    setInterval(look, DISK_EVERY_MS),
    setInterval(() => tried(parts, () => forgetNames(parts)), FORGET_EVERY_MS),
    setInterval(() => tried(parts, eraseNext), ERASE_EVERY_MS),
  ];
  // A new station makes its ballast after the first scans could be taken, not before.
  const first = setTimeout(look, 1_000);
  return {
    stop() {
      isOver = true;
      for (const timer of timers) clearInterval(timer);
      clearTimeout(first);
    },
  };
}

/** A disk that fails between scans must not end the station: the next scan finds out, and says so. */
function tried(parts: HousekeepingParts, act: () => void): void {
  try {
    act();
  } catch (cause) {
    parts.log.fault("housekeeping", cause);
  }
}

/** A look that ends after the station has stopped says nothing: book and log are closed by then. */
async function lookAtDisk(parts: HousekeepingParts, isOver: () => boolean): Promise<void> {
  try {
    const free = await parts.freeBytes();
    if (isOver()) return;
    parts.board.setDiskFree(free);
    if (free < ROOM_FOR_BALLAST_BYTES || parts.ballast.isInPlace()) return;
    if ((await parts.ballast.restore()) && !isOver()) parts.log.event("ballast-restored");
  } catch (cause) {
    if (isOver()) return;
    parts.board.setDiskFree(null);
    parts.log.fault("disk", cause);
  }
}

function forgetNames(parts: HousekeepingParts): void {
  if (!isClockSane(parts)) return;
  parts.book.forgetReadable(parts.clock.nowMs() - parts.readableMs());
}

/** Returns where the next call goes on. */
function eraseSealed(parts: HousekeepingParts, after: number): number {
  if (!isClockSane(parts)) return after;
  return parts.book.eraseSealedBodies(parts.clock.nowMs() - SEALED_MS, after, ERASE_AT_ONCE);
}

/** Deletes by the server's clock only: a wall clock that jumped forward must not erase the guard's list. */
function isClockSane({ offset }: HousekeepingParts): boolean {
  const now = offset();
  return now !== null && Math.abs(now.offsetMs) <= SANE_OFFSET_MS;
}
