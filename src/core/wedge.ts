import { MAX_SCAN_BYTES } from "#core/scan.ts";
import { buildBytes, characterOf, isCharacterCode } from "#core/wedge-keys.ts";
import type { WedgeUnit } from "#core/wedge-keys.ts";

/** One pressed key, as every shell can tell it. Releases are not wanted. */
export type KeyPress = {
  /** The physical key by its place on a US keyboard: `KeyA`, `Digit1`, `Numpad1`. Empty when a program injected it. */
  readonly code: string;
  /** What the system's layout and input method made of it. */
  readonly key: string;
  readonly shift: boolean;
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly altGraph: boolean;
  readonly meta: boolean;
  readonly isComposing: boolean;
  /** The system repeats a key that is held down: always a person. */
  readonly isRepeat: boolean;
  /** When the key was pressed, not when it was handled; any clock that only grows, milliseconds. */
  readonly timeMs: number;
};

/** What a scanner typed, whole. */
export type WedgeBurst =
  | {
      readonly kind: "scan";
      readonly bytes: Uint8Array;
      /** Present when an input method wrote into it. */
      readonly interference?: "input-method";
      /** Control chords and keys without a character in it: ignored. */
      readonly ignoredKeys: number;
    }
  | {
      readonly kind: "dropped";
      readonly reason: "oversize" | "noise";
      readonly byteCount: number;
    };

/** What to do about a key. */
export type KeyAnswer = {
  /** True: the key is a scanner's; nothing on the screen may see it. */
  readonly isSwallowed: boolean;
  /** Characters of this scan that a focused field got before it was known to be one: take so many off its end. */
  readonly leakedCharacters: number;
  /** Scans that ended by this key: at most two, when the one before had no terminator. */
  readonly bursts: readonly WedgeBurst[];
};

/** Tells a scanner's typing from a person's, and turns it into scans. Pure: time comes with the keys. */
export type WedgeDecoder = {
  press(key: KeyPress): KeyAnswer;
  /** The caller saw no key for {@link WedgeDecoder.gapMs}: ends what is open. */
  silence(): readonly WedgeBurst[];
  /** Silence that ends a scan, milliseconds: longer once the scanner has shown that it ends with Enter or Tab. */
  gapMs(): number;
  /** Forgets what is open; returns how many characters of a scan that were. */
  close(): number;
  isOpen(): boolean;
};

/** Scanners type a key in 1 to 30 ms, people in more than 60; the median decides, because a hub may stall once. */
const FAST_MS = 35;
/** Fast gaps before a run of keys counts as a scanner's. */
const FAST_GAPS = 3;
const SILENCE_MS = 60;
const SILENCE_OF_TERMINATED_MS = 200;
/** A run without a terminator is a scan from this many characters on. */
const MIN_SILENT_CHARACTERS = 8;
/** Gaps that are remembered for the median. */
const MAX_GAPS = 64;

const SPACE = 0x20;
const PIPE = 0x7c;
const TERMINATORS: ReadonlySet<string> = new Set(["Enter", "NumpadEnter", "Tab"]);
const MODIFIERS = /^(Shift|Control|Alt|Meta)(Left|Right)$|^(CapsLock|NumLock|ScrollLock)$/;

/** Keys that followed each other without a pause. */
type Run = {
  /** At most {@link MAX_SCAN_BYTES}; `characters` goes on. */
  readonly units: WedgeUnit[];
  readonly gaps: number[];
  characters: number;
  fastGaps: number;
  isScanner: boolean;
  hasInterference: boolean;
  ignoredKeys: number;
  lastMs: number;
};

/**
 * Keys are read by their place on the keyboard, never by what the system's layout or input method made of them: a
 * scanner must be set to the US layout. Alt with numpad digits is read as a code point, or as UTF-8 bytes when the codes
 * are that. Backspaces and injected or composed keys inside a scan mark it as disturbed by an input method.
 */
export function createWedgeDecoder(): WedgeDecoder {
  let run: Run | null = null;
  let endsWithKey = false;
  let lastScannerMs = Number.NEGATIVE_INFINITY;

  const gapMs = () => (run?.isScanner && endsWithKey ? SILENCE_OF_TERMINATED_MS : SILENCE_MS);
  const end = (minCharacters: number): readonly WedgeBurst[] => {
    const ended = run;
    run = null;
    return ended?.isScanner && ended.characters >= minCharacters ? burstsOf(ended) : [];
  };
  const isScannersAt = (timeMs: number) => run?.isScanner ?? timeMs - lastScannerMs <= SILENCE_MS;
  const answer = (bursts: readonly WedgeBurst[], isSwallowed: boolean, key: KeyPress) => {
    if (isSwallowed) lastScannerMs = key.timeMs;
    return { isSwallowed, leakedCharacters: 0, bursts };
  };

  return {
    press(key) {
      const isPause = run !== null && key.timeMs - run.lastMs > gapMs();
      const before = isPause ? end(MIN_SILENT_CHARACTERS) : [];
      const wasScanner = isScannersAt(key.timeMs);
      if (TERMINATORS.has(key.code)) {
        endsWithKey ||= run?.isScanner ?? false;
        return answer([...before, ...end(1)], wasScanner, key);
      }
      if (key.isRepeat) {
        if (!wasScanner) run = null;
        return answer(before, wasScanner, key);
      }
      run ??= newRun(key.timeMs, wasScanner);
      const leaked = run.characters;
      addKey(run, key);
      const isNew = run.isScanner && !wasScanner;
      return { ...answer(before, run.isScanner, key), leakedCharacters: isNew ? leaked : 0 };
    },
    silence: () => end(MIN_SILENT_CHARACTERS),
    gapMs,
    close() {
      const characters = run?.isScanner ? run.characters : 0;
      run = null;
      return characters;
    },
    isOpen: () => run !== null,
  };
}

function newRun(lastMs: number, isScanner: boolean): Run {
  return {
    units: [],
    gaps: [],
    characters: 0,
    fastGaps: 0,
    isScanner,
    hasInterference: false,
    ignoredKeys: 0,
    lastMs,
  };
}

function addKey(run: Run, key: KeyPress): void {
  const gapMs = key.timeMs - run.lastMs;
  const isFirst = run.gaps.length === 0 && run.characters === 0 && gapMs === 0;
  if (!isFirst) countGap(run, gapMs);
  run.lastMs = key.timeMs;
  run.isScanner ||= run.fastGaps >= FAST_GAPS && isFast(run.gaps);
  addUnit(run, key);
}

function countGap(run: Run, gapMs: number): void {
  if (gapMs < FAST_MS) run.fastGaps += 1;
  run.gaps.push(gapMs);
  if (run.gaps.length > MAX_GAPS) run.gaps.shift();
}

/** By the upper median: of two gaps both must be short. */
function isFast(gaps: readonly number[]): boolean {
  const sorted = gaps.toSorted((one, other) => one - other);
  return (sorted[Math.floor(sorted.length / 2)] ?? FAST_MS) < FAST_MS;
}

function addUnit(run: Run, key: KeyPress): void {
  const altDigit = altDigitOf(key);
  if (altDigit !== null) return addAltDigit(run, altDigit);
  // The release of Alt ends a code; it shows in whatever is pressed next, also in Alt itself.
  closeAltCode(run);
  if (MODIFIERS.test(key.code)) return;
  if (isInputMethods(key)) run.hasInterference = true;
  const character = characterOf(key.code, key.shift);
  if (key.code === "Backspace") {
    if (run.units.pop() !== undefined) run.characters -= 1;
  } else if (key.ctrl || key.meta || key.alt || key.altGraph) {
    run.ignoredKeys += 1;
  } else if (character !== null) {
    push(run, { kind: "text", text: character });
  } else if (key.code === "" && Array.from(key.key).length === 1) {
    push(run, { kind: "text", text: key.key });
  } else {
    run.ignoredKeys += 1;
  }
}

/** What Unikey, EVKey and the input methods of Linux leave behind: corrections, injected characters, composed keys. */
function isInputMethods(key: KeyPress): boolean {
  return key.code === "Backspace" || key.code === "" || key.key === "Process" || key.isComposing;
}

function push(run: Run, unit: WedgeUnit): void {
  run.characters += 1;
  if (run.characters <= MAX_SCAN_BYTES) run.units.push(unit);
}

function altDigitOf(key: KeyPress): string | null {
  if (!key.alt || key.altGraph || key.ctrl || key.meta) return null;
  return /^Numpad(\d)$/.exec(key.code)?.[1] ?? null;
}

function addAltDigit(run: Run, digit: string): void {
  const last = run.units.at(-1);
  if (last?.kind === "code" && last.isOpen) {
    run.units[run.units.length - 1] = { ...last, digits: `${last.digits}${digit}`.slice(0, 9) };
  } else {
    push(run, { kind: "code", digits: digit, isOpen: true });
  }
}

function closeAltCode(run: Run): void {
  const last = run.units.at(-1);
  if (last?.kind !== "code" || !last.isOpen) return;
  run.units[run.units.length - 1] = { ...last, isOpen: false };
}

function burstsOf(run: Run): readonly WedgeBurst[] {
  const { characters, units } = run;
  if (characters > MAX_SCAN_BYTES) {
    return [{ kind: "dropped", reason: "oversize", byteCount: characters }];
  }
  const known = units.filter((unit) => unit.kind === "text" || isCharacterCode(unit.digits));
  const bytes = buildBytes(known);
  if (bytes.length > MAX_SCAN_BYTES) {
    return [{ kind: "dropped", reason: "oversize", byteCount: bytes.length }];
  }
  if (bytes.every((byte) => byte === SPACE || byte === PIPE)) {
    return [{ kind: "dropped", reason: "noise", byteCount: bytes.length }];
  }
  const ignoredKeys = run.ignoredKeys + units.length - known.length;
  const interference = run.hasInterference ? ({ interference: "input-method" } as const) : {};
  return [{ kind: "scan", bytes, ignoredKeys, ...interference }];
}
