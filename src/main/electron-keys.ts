import type * as Electron from "electron";
import type { KeyPress } from "#core/wedge-run.ts";

/** Takes a key that went down, by its place; true when a scanner typed it and nothing on the screen may see it. */
export type KeyReader = (key: KeyPress) => boolean;

/** What Electron's `webContents` is here. */
type KeySource = {
  on(
    name: "before-input-event",
    listener: (event: Pick<Electron.Event, "preventDefault">, input: Electron.Input) => void,
  ): unknown;
};

/** Shows every key to the reader before the page gets it, whatever has the focus and whatever dialog is open. */
export function readKeys(contents: KeySource, isScanners: KeyReader, monoMs: () => number): void {
  const swallowed = new Set<string>();
  contents.on("before-input-event", (event, input) => {
    if (input.type === "keyDown") {
      if (isScanners(keyPress(input, monoMs()))) swallowed.add(input.code);
      else swallowed.delete(input.code);
    }
    // A page that sees a key come up without having gone down could take it for a click.
    if (swallowed.has(input.code)) event.preventDefault();
    if (input.type === "keyUp") swallowed.delete(input.code);
  });
}

function keyPress(input: Electron.Input, timeMs: number): KeyPress {
  return {
    code: input.code,
    key: input.key,
    shift: input.shift,
    ctrl: input.control,
    alt: input.alt,
    // Electron tells it as Ctrl with Alt.
    altGraph: false,
    meta: input.meta,
    isRepeat: input.isAutoRepeat,
    timeMs,
  };
}
