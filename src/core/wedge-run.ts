import { MAX_SCAN_BYTES } from "#core/scan.ts";
import type { DropReason, Interference, ScanArrival } from "#core/scan.ts";
import {
  buildBytes,
  characterOf,
  isBackspace,
  isCharacterCode,
  isInjected,
} from "#core/wedge-keys.ts";
import type { WedgeUnit } from "#core/wedge-keys.ts";
import {
  afterCorrection,
  afterKey,
  explanationsOf,
  nothingExplains,
  nothingTyped,
} from "#core/wedge-undo.ts";
import type { Correction, Explanations } from "#core/wedge-undo.ts";

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
  /** The system repeats a key that is held down: always a person. */
  readonly isRepeat: boolean;
  /** Any clock that only grows, milliseconds. */
  readonly timeMs: number;
};

/** Why something that a scanner typed is no scan: see DropReason in core/scan.ts. */
type Loss = Extract<DropReason, "oversize" | "noise" | "torn" | "commands">;

/** What a scanner typed, whole; or what of it was thrown away. */
export type WedgeBurst =
  | {
      readonly kind: "scan";
      readonly bytes: Uint8Array;
      readonly interference?: Interference;
      /** Where the reader of the keys knows it. */
      readonly arrival?: ScanArrival;
    }
  | { readonly kind: "dropped"; readonly reason: Loss; readonly byteCount: number };

/** Keys that followed each other without a pause. */
export type Run = {
  /** At most {@link MAX_SCAN_BYTES}; `characters` goes on. */
  readonly units: WedgeUnit[];
  readonly gaps: number[];
  characters: number;
  fastGaps: number;
  isScanner: boolean;
  /** Null until an input method writes into the run; then what it is doing now. */
  correction: Correction | null;
  hasInterference: boolean;
  typed: Explanations;
  ignoredKeys: number;
  lastMs: number;
};

/** Scanners type a key in 1 to 30 ms, people in more than 60; the median decides, because a hub may stall once. */
const FAST_MS = 35;
/** Fast gaps before a run of keys counts as a scanner's. */
const FAST_GAPS = 3;
/** Gaps that are remembered for the median. */
const MAX_GAPS = 64;

const SPACE = 0x20;
const PIPE = 0x7c;
const MODIFIERS = /^(Shift|Control|Alt|Meta)(Left|Right)$|^(CapsLock|NumLock|ScrollLock)$/;
const MODIFIER_KEYS = /^(Shift|Control|Alt|AltGraph|Meta|CapsLock|NumLock|ScrollLock)$/;
/** Some input methods type an invisible sign first, to stop a browser from completing words, and take it back. */
const FILLER = /^[\u200b-\u200d\u202f\u2060\ufeff]+$/;

/** A run that begins with the key pressed now. */
export function newRun(lastMs: number, isScanner: boolean): Run {
  return {
    units: [],
    gaps: [],
    characters: 0,
    fastGaps: 0,
    isScanner,
    correction: null,
    hasInterference: false,
    typed: nothingTyped,
    ignoredKeys: 0,
    lastMs,
  };
}

/** Adds a key, the first one too, and decides again whether a scanner types. */
export function addKey(run: Run, key: KeyPress, isFirst: boolean): void {
  // An input method types as fast as a scanner, also into what a person writes.
  if (!isFirst && !isInjected(key)) countGap(run, key.timeMs - run.lastMs);
  run.lastMs = key.timeMs;
  run.isScanner ||= run.fastGaps >= FAST_GAPS && isFast(run.gaps);
  addUnit(run, key);
}

/** What became of a run that is over. Nothing, when a person typed it. */
export function burstsOf(run: Run, minCharacters: number): readonly WedgeBurst[] {
  if (!run.isScanner) return [];
  endCorrection(run);
  const known = run.units.filter((unit) => unit.kind === "text" || isCharacterCode(unit.digits));
  const ignored = run.ignoredKeys + run.units.length - known.length;
  const burst = run.characters === 0 ? [] : [burstOf(run, known, minCharacters)];
  return ignored === 0 ? burst : [...burst, dropped("commands", ignored)];
}

function burstOf(run: Run, known: readonly WedgeUnit[], minCharacters: number): WedgeBurst {
  if (run.characters > MAX_SCAN_BYTES) return dropped("oversize", run.characters);
  const bytes = buildBytes(known);
  if (bytes.length > MAX_SCAN_BYTES) return dropped("oversize", bytes.length);
  if (run.characters < minCharacters) return dropped("torn", bytes.length);
  if (bytes.every((byte) => byte === SPACE || byte === PIPE)) return dropped("noise", bytes.length);
  if (!run.hasInterference) return { kind: "scan", bytes };
  return { kind: "scan", bytes, interference: interferenceIn(run) };
}

function interferenceIn(run: Run): Interference {
  const encoder = new TextEncoder();
  const explanations = explanationsOf(run.typed).map((text) => encoder.encode(text));
  return { kind: "input-method", explanations };
}

function dropped(reason: Loss, byteCount: number): WedgeBurst {
  return { kind: "dropped", reason, byteCount };
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
  if (MODIFIERS.test(key.code) || MODIFIER_KEYS.test(key.key)) return;
  if (isBackspace(key)) return takeBack(run);
  if (key.code === "") return inject(run, key.key);
  endCorrection(run);
  const character = characterOf(key.code, key.shift);
  if (character === null || key.ctrl || key.meta || key.alt || key.altGraph) {
    run.ignoredKeys += 1;
  } else {
    push(run, { kind: "text", text: character });
    run.typed = afterKey(run.typed, character);
  }
}

/** An input method's Backspace: scanners have none. */
function takeBack(run: Run): void {
  run.hasInterference = true;
  const inserted = run.correction?.inserted ?? "";
  if (inserted !== "" && !FILLER.test(inserted)) endCorrection(run);
  const correction = run.correction ?? { removed: "", inserted: "" };
  const last = run.units.pop();
  if (last !== undefined) run.characters -= 1;
  if (correction.inserted !== "") {
    run.correction = { ...correction, inserted: Array.from(correction.inserted).slice(1).join("") };
  } else if (last?.kind === "text") {
    run.correction = { ...correction, removed: last.text + correction.removed };
  } else {
    run.typed = nothingExplains;
  }
}

/** What an input method types instead of the key that it swallowed. */
function inject(run: Run, text: string): void {
  run.hasInterference = true;
  if (Array.from(text).length !== 1) {
    run.typed = nothingExplains;
    return;
  }
  push(run, { kind: "text", text });
  const { removed, inserted } = run.correction ?? { removed: "", inserted: "" };
  run.correction = { removed, inserted: inserted + text };
}

function endCorrection(run: Run): void {
  if (run.correction === null) return;
  run.typed = afterCorrection(run.typed, run.correction);
  run.correction = null;
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
    return;
  }
  push(run, { kind: "code", digits: digit, isOpen: true });
  // A code is a letter to the input method; what it makes of the next key is not known.
  run.typed = nothingExplains;
}

function closeAltCode(run: Run): void {
  const last = run.units.at(-1);
  if (last?.kind !== "code" || !last.isOpen) return;
  run.units[run.units.length - 1] = { ...last, isOpen: false };
}
