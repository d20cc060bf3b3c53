/** What the page does with its keys; the browser gets none of them. */
export type KeyListener = (event: KeyboardEvent) => void;

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
      onKey(event);
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
