/** A key pressed by hand stands alone for this long before and after; a scanner's keys follow each other faster. */
export const LONE_KEY_MS = 60;

export type LoneKeys = {
  /**
   * Every key that goes down, in order; `timeMs` is when. `mayAct` is false for keys that stand for nothing by themselves.
   */
  press(key: string, timeMs: number, mayAct: boolean): void;
};

/**
 * Tells a person's key from the beginning of a scan, which looks the same until the next key: `1` answers a question, and
 * a card's number may begin with it. Calls `onKey` once the key has stood alone.
 */
export function createLoneKeys(onKey: (key: string) => void): LoneKeys {
  let lastMs = Number.NEGATIVE_INFINITY;
  let waiting: ReturnType<typeof setTimeout> | undefined;
  return {
    press(key, timeMs, mayAct) {
      const isAlone = timeMs - lastMs > LONE_KEY_MS;
      lastMs = timeMs;
      clearTimeout(waiting);
      if (isAlone && mayAct) waiting = setTimeout(() => onKey(key), LONE_KEY_MS);
    },
  };
}
