import type { StatusView } from "#contract/bridge.ts";
import type { Board } from "#renderer/board.ts";

/** Nothing at this gate can be scanned. */
const ALL_LOST_EVERY_MS = 10_000;
/** Another scanner still works. */
const SOME_LOST_EVERY_MS = 30_000;
/** A cable that is only moved is no alarm. */
const GRACE_MS = 1_000;
/** A verdict is heard out before the alarm goes on. */
const AFTER_VERDICT_MS = 1_500;

/** How often the alarm sounds; null: every scanner works, or the guard knows of those that do not. */
export function alarmEveryMs(status: StatusView | null): number | null {
  // Where nothing is scanned, nobody needs a scanner.
  if (status?.order !== "active") return null;
  const lost = status?.scanners.filter((scanner) => scanner.state === "lost") ?? [];
  if (!lost.some((scanner) => !scanner.isSilenced)) return null;
  return lost.length === status.scanners.length ? ALL_LOST_EVERY_MS : SOME_LOST_EVERY_MS;
}

/** Sounds while a scanner is lost, until it is back or the guard says that he knows. Monotonic milliseconds. */
export type Alarm = {
  onVerdict(atMs: number): void;
  onTime(board: Board, atMs: number): void;
};

export function createAlarm(sound: () => void): Alarm {
  let [soundedAtMs, verdictAtMs] = [-Infinity, -Infinity];
  return {
    onVerdict(atMs) {
      verdictAtMs = atMs;
    },
    onTime({ status, nowMs, link }, atMs) {
      const everyMs = alarmEveryMs(status);
      if (everyMs === null) {
        soundedAtMs = -Infinity;
        return;
      }
      const isOld = status?.scanners.some(
        (scanner) => scanner.state === "lost" && nowMs - scanner.sinceMs >= GRACE_MS,
      );
      const isDue = atMs - soundedAtMs >= everyMs && atMs - verdictAtMs >= AFTER_VERDICT_MS;
      if (!isDue || isOld !== true || link !== "up") return;
      soundedAtMs = atMs;
      sound();
    },
  };
}
