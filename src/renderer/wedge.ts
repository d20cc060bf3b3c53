import type { TypedBurst } from "#contract/bridge.ts";
import type { KeyPress, WedgeBurst } from "#core/wedge-run.ts";
import { createWedgeDecoder } from "#core/wedge.ts";

/** The keyboard wedge of a page: a scanner's keys become scans, whatever has the focus. */
export type PageWedge = {
  /** Takes a key that went down; true when it is a scanner's, which nothing on the screen may see. */
  press(event: KeyboardEvent): boolean;
};

/** A turn in which keys that already wait are handed over before silence is believed, milliseconds. */
const SETTLE_MS = 10;

/**
 * Calls `onBursts` with what a scanner typed: at its terminator, or after silence. Keys are timed by when they were
 * pressed, so a page that was busy reads the same.
 */
export function createPageWedge(onBursts: (bursts: readonly TypedBurst[]) => void): PageWedge {
  const decoder = createWedgeDecoder("pressed");
  let timer: ReturnType<typeof setTimeout> | undefined;
  const handOn = (bursts: readonly WedgeBurst[]) => {
    if (bursts.length > 0) onBursts(bursts.map(typedBurst));
  };
  const awaitSilence = () => {
    timer = setTimeout(() => {
      timer = setTimeout(() => handOn(decoder.silence()), SETTLE_MS);
    }, decoder.gapMs());
  };
  return {
    press(event) {
      clearTimeout(timer);
      const { isSwallowed, bursts } = decoder.press(keyPress(event));
      handOn(bursts);
      if (decoder.isOpen()) awaitSilence();
      return isSwallowed;
    },
  };
}

function keyPress(event: KeyboardEvent): KeyPress {
  return {
    code: event.code,
    key: event.key,
    shift: event.shiftKey,
    ctrl: event.ctrlKey,
    alt: event.altKey,
    altGraph: event.getModifierState("AltGraph"),
    meta: event.metaKey,
    isRepeat: event.repeat,
    timeMs: event.timeStamp,
  };
}

function typedBurst(burst: WedgeBurst): TypedBurst {
  if (burst.kind === "dropped") {
    // A person may lean on the keyboard for ever; the station's schema has a limit.
    return { ...burst, byteCount: Math.min(burst.byteCount, 1_000_000) };
  }
  const bytes = base64(burst.bytes);
  if (burst.interference === undefined) return { kind: "scan", bytes };
  const { kind, explanations } = burst.interference;
  return { kind: "scan", bytes, interference: { kind, explanations: explanations.map(base64) } };
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
