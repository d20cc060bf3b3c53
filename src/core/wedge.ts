import { addKey, burstsOf, newRun } from "#core/wedge-run.ts";
import type { KeyPress, Run, WedgeBurst } from "#core/wedge-run.ts";

/** What to do about a key. */
export type KeyAnswer = {
  /** True: the key is a scanner's; nothing on the screen may see it. */
  readonly isSwallowed: boolean;
  /** What ended by this key: two scans, when the one before had no terminator. */
  readonly bursts: readonly WedgeBurst[];
};

/** Tells a scanner's typing from a person's, and turns it into scans. Pure: time comes with the keys. */
export type WedgeDecoder = {
  press(key: KeyPress): KeyAnswer;
  /** The caller saw no key for {@link WedgeDecoder.gapMs}: ends what is open. */
  silence(): readonly WedgeBurst[];
  /** Silence that ends a scan, milliseconds: short once the scanner has shown that it has no terminator. */
  gapMs(): number;
  /** Forgets what is open; returns how many characters of a scan that were. */
  close(): number;
  isOpen(): boolean;
};

/**
 * What a key's time is. `pressed`: when it was pressed, so that a long gap is a pause. `handled`: when a process got to it,
 * which may have been busy meanwhile: then only {@link WedgeDecoder.silence} ends a scan.
 */
export type KeyTimes = "pressed" | "handled";

/** A person's keys, and what a scanner sends after its terminator, come apart or together by this. */
const PAUSE_MS = 60;
/** After a scan of a scanner that has shown that it ends with nothing. */
const SILENCE_MS = 100;
/** Of any other a terminator is expected: a stalled system, which delivers keys late, may take its time. */
const PATIENCE_MS = 800;
/** Scans in a row without a terminator that show that there is none. */
const SILENT_SCANS = 2;
/** A run without a terminator is a scan from this many characters on. */
const MIN_SILENT_CHARACTERS = 8;

const TERMINATORS: ReadonlySet<string> = new Set(["Enter", "NumpadEnter", "Tab"]);
/** How some scanners type LF and CR: Ctrl+J and Ctrl+M. */
const CONTROL_TERMINATORS: ReadonlySet<string> = new Set(["KeyJ", "KeyM"]);

/**
 * Keys are read by their place on the keyboard, never by what the system's layout or an input method that composes made of
 * them: a scanner must be set to the US layout. Alt with numpad digits is read as a code point, or as UTF-8 bytes when the
 * codes are that. Backspaces and injected letters inside a scan are an input method's corrections.
 */
export function createWedgeDecoder(keyTimes: KeyTimes): WedgeDecoder {
  let run: Run | null = null;
  let silentScans = 0;
  let lastScannerMs = Number.NEGATIVE_INFINITY;

  const gapMs = () => {
    if (!run?.isScanner) return PAUSE_MS;
    return silentScans >= SILENT_SCANS ? SILENCE_MS : PATIENCE_MS;
  };
  const end = (minCharacters: number): readonly WedgeBurst[] => {
    const ended = run;
    run = null;
    return ended === null ? [] : burstsOf(ended, minCharacters);
  };
  const isPauseBefore = ({ timeMs }: KeyPress) =>
    keyTimes === "pressed" && run !== null && timeMs - run.lastMs > gapMs();
  const isScannersAt = (timeMs: number) => run?.isScanner ?? timeMs - lastScannerMs <= PAUSE_MS;
  const answer = (bursts: readonly WedgeBurst[], isSwallowed: boolean, key: KeyPress) => {
    if (isSwallowed) lastScannerMs = key.timeMs;
    return { isSwallowed, bursts };
  };

  return {
    press(key) {
      const before = isPauseBefore(key) ? end(MIN_SILENT_CHARACTERS) : [];
      const wasScanner = isScannersAt(key.timeMs);
      if (isTerminator(key)) {
        if (run?.isScanner) silentScans = 0;
        return answer([...before, ...end(1)], wasScanner, key);
      }
      if (key.isRepeat) {
        if (!wasScanner) run = null;
        return answer(before, wasScanner, key);
      }
      const isFirst = run === null;
      run ??= newRun(key.timeMs, wasScanner);
      addKey(run, key, isFirst);
      return answer(before, run.isScanner, key);
    },
    silence() {
      // Keys may be late on their way: whether these few are a scan's beginning, the time of the next one says.
      if (keyTimes === "pressed" && run?.isScanner === false) return [];
      const ended = end(MIN_SILENT_CHARACTERS);
      if (ended.some(({ kind }) => kind === "scan")) silentScans += 1;
      return ended;
    },
    gapMs,
    close() {
      const characters = run?.isScanner ? run.characters : 0;
      run = null;
      return characters;
    },
    isOpen: () => run !== null,
  };
}

/** A key that ends a scan. */
export function isTerminator({ code, ctrl }: Pick<KeyPress, "code" | "ctrl">): boolean {
  return TERMINATORS.has(code) || (ctrl && CONTROL_TERMINATORS.has(code));
}
