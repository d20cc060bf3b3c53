/** What the page does with a key that is ours; everything else ends here. */
export type KeyListener = (key: string) => void;

/**
 * Takes the keyboard and the mouse's side doors away from the browser. In an app window Chromium reserves no shortcut,
 * so Ctrl+N, F12 and the like can be swallowed; a keyboard-wedge scanner can type them. Enter and Space are swallowed
 * too: a scanner's terminator must never press a button.
 */
export function guardPage(target: Window, onKey: KeyListener): void {
  target.addEventListener(
    "keydown",
    (event) => {
      event.preventDefault();
      event.stopImmediatePropagation();
      const isPlain = !event.ctrlKey && !event.altKey && !event.metaKey && !event.shiftKey;
      if (isPlain && !event.repeat) onKey(event.key);
    },
    { capture: true },
  );
  for (const name of ["keyup", "keypress", "contextmenu", "dragover", "drop", "dragstart"]) {
    target.addEventListener(name, (event) => event.preventDefault(), { capture: true });
  }
  target.addEventListener(
    "wheel",
    (event) => {
      if (event.ctrlKey) event.preventDefault();
    },
    { capture: true, passive: false },
  );
}
