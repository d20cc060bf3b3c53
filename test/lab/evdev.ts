import type { KeyPress } from "#core/wedge-run.ts";

/** struct input_event on 64-bit Linux: seconds, microseconds, type, code, value. */
const EVENT_BYTES = 24;
const EV_KEY = 1;
const PRESSED = 1;
const REPEATED = 2;

const keys = (kind: string, letters: string) => Array.from(letters, (one) => `${kind}${one}`);

/** Codes of include/uapi/linux/input-event-codes.h, in runs, with the names that browsers give these keys. */
const runs: readonly (readonly [number, readonly string[]])[] = [
  [2, keys("Digit", "1234567890")],
  [12, ["Minus", "Equal", "Backspace", "Tab"]],
  [16, keys("Key", "QWERTYUIOP")],
  [26, ["BracketLeft", "BracketRight", "Enter", "ControlLeft"]],
  [30, keys("Key", "ASDFGHJKL")],
  [39, ["Semicolon", "Quote", "Backquote", "ShiftLeft", "Backslash"]],
  [44, keys("Key", "ZXCVBNM")],
  [51, ["Comma", "Period", "Slash", "ShiftRight"]],
  [56, ["AltLeft", "Space"]],
];

const names: ReadonlyMap<number, string> = new Map(
  runs.flatMap(([first, row]) => row.map((key, index) => [first + index, key] as const)),
);

/**
 * Reads a keyboard's event file piece by piece and gives each press to `press`, with the kernel's own time. What a
 * layout would make of a key is left out: the decoder goes by places. A key that is not in the table has an empty name.
 */
export function parseEvents(press: (key: KeyPress) => void): (piece: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  const held = new Set<string>();
  return (piece) => {
    const bytes = Buffer.concat([rest, piece]);
    const whole = bytes.length - (bytes.length % EVENT_BYTES);
    for (let start = 0; start < whole; start += EVENT_BYTES) {
      const event = bytes.subarray(start, start + EVENT_BYTES);
      if (event.readUInt16LE(16) === EV_KEY) take(event, held, press);
    }
    rest = bytes.subarray(whole);
  };
}

function take(event: Buffer, held: Set<string>, press: (key: KeyPress) => void): void {
  const code = names.get(event.readUInt16LE(18)) ?? "";
  const value = event.readInt32LE(20);
  if (value !== PRESSED && value !== REPEATED) {
    held.delete(code);
    return;
  }
  held.add(code);
  press({
    code,
    key: "",
    shift: held.has("ShiftLeft") || held.has("ShiftRight"),
    ctrl: held.has("ControlLeft"),
    alt: held.has("AltLeft"),
    altGraph: false,
    meta: false,
    isRepeat: value === REPEATED,
    timeMs: Number(event.readBigInt64LE(0)) * 1_000 + Number(event.readBigInt64LE(8)) / 1_000,
  });
}
