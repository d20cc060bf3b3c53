import { MAX_TYPING_MS } from "#contract/typed-burst.ts";
import type { TypedBurst } from "#contract/typed-burst.ts";
import type { ScanArrival } from "#core/scan.ts";
import type { KeyPress, WedgeBurst } from "#core/wedge-run.ts";
import { createWedgeDecoder, isTerminator } from "#core/wedge.ts";

/** The keyboard wedge of a page: a scanner's keys become scans, whatever has the focus. */
export type PageWedge = {
  /** Takes a key that went down; true when it is a scanner's, which nothing on the screen may see. */
  press(event: KeyboardEvent): boolean;
};

/** A turn in which keys that already wait are handed over before silence is believed, milliseconds. */
const SETTLE_MS = 10;
/** After a longer pause a key is the first of a scan. */
const PAUSE_MS = 60;

/**
 * Calls `onBursts` with what a scanner typed: at its terminator, or after silence. Keys are timed by when they were
 * pressed, so a page that was busy reads the same.
 */
export function createPageWedge(onBursts: (bursts: readonly TypedBurst[]) => void): PageWedge {
  const decoder = createWedgeDecoder("pressed");
  let timer: ReturnType<typeof setTimeout> | undefined;
  let firstMs = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  const handOn = (bursts: readonly WedgeBurst[], endedBy: ScanArrival["endedBy"]) => {
    const tookMs = Math.min(Math.max(0, lastMs - firstMs), MAX_TYPING_MS);
    if (bursts.length > 0) onBursts(bursts.map((burst) => typedBurst(burst, { endedBy, tookMs })));
  };
  const awaitSilence = () => {
    timer = setTimeout(() => {
      timer = setTimeout(() => handOn(decoder.silence(), "silence"), SETTLE_MS);
    }, decoder.gapMs());
  };
  return {
    press(event) {
      clearTimeout(timer);
      const key = keyPress(event);
      const { isSwallowed, bursts } = decoder.press(key);
      const endsScan = isTerminator(key);
      if (endsScan) lastMs = key.timeMs;
      handOn(bursts, endsScan ? "terminator" : "silence");
      if (!decoder.isOpen() || key.timeMs - lastMs > PAUSE_MS) firstMs = key.timeMs;
      lastMs = key.timeMs;
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

function typedBurst(burst: WedgeBurst, arrival: ScanArrival): TypedBurst {
  if (burst.kind === "dropped") {
    // A person may lean on the keyboard for ever; the station's schema has a limit.
    return { ...burst, byteCount: Math.min(burst.byteCount, 1_000_000) };
  }
  const bytes = base64(burst.bytes);
  if (burst.interference === undefined) return { kind: "scan", bytes, arrival };
  const { kind, explanations } = burst.interference;
  const explained = { kind, explanations: explanations.map(base64) };
  return { kind: "scan", bytes, arrival, interference: explained };
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
