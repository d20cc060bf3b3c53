import { effect } from "@preact/signals";
import { render } from "preact";
import { createActor, createTypedSender } from "#renderer/actions.ts";
import { keepConnected } from "#renderer/connection.ts";
import { connectorOfThisShell, shellReadsKeys } from "#renderer/connectors.ts";
import { displayText } from "#renderer/display.ts";
import { guardPage } from "#renderer/guard.ts";
import { actionFor } from "#renderer/keys.ts";
import { createLoneKeys } from "#renderer/lone-keys.ts";
import { createScreen } from "#renderer/screen.tsx";
import { createSound } from "#renderer/sound.ts";
import { createStore } from "#renderer/store.ts";
import { createPageWedge } from "#renderer/wedge.ts";

const DISPLAY_KEY = "tramqr-display";
const TIME_MS = 200;
/** A window that is not drawn has no frames; its list must not wait for ever. */
const PAINT_AT_MOST_MS = 100;

const nowMs = () => performance.now();
const sound = createSound();
const store = createStore({
  nowMs,
  savedDisplay: localStorage.getItem(DISPLAY_KEY),
  playSound: (kind, lane) => sound.play(kind, lane),
  afterPaint,
});
const connection = keepConnected({
  connector: connectorOfThisShell(),
  events: store.events,
  onHello: (hello) => store.onHello(hello),
  onDown: () => store.onDown(),
});
const parts = { store, connection, nowMs };
const act = createActor(parts);

effect(() => {
  const { language, isLarge } = store.display.value;
  const page = document.documentElement;
  page.lang = language;
  page.dataset["theme"] = store.theme.value;
  page.dataset["letters"] = isLarge ? "large" : "normal";
  document.title = store.texts.value.frame.title;
});
effect(() => localStorage.setItem(DISPLAY_KEY, displayText(store.display.value)));

const loneKeys = createLoneKeys((key) => {
  const action = actionFor(key, store.stage.value, store.board.value);
  if (action !== null) act(action);
});
const wedge = shellReadsKeys() ? null : createPageWedge(createTypedSender(parts));
guardPage(window, (event) => {
  const isScanners = wedge?.press(event) ?? false;
  const isPlain = !event.ctrlKey && !event.altKey && !event.metaKey && !event.shiftKey;
  loneKeys.press(event.key, event.timeStamp, isPlain && !event.repeat && !isScanners);
});
setInterval(() => store.onTime(), TIME_MS);

const root = document.getElementById("root");
if (root !== null) {
  const Screen = createScreen(store, act);
  render(<Screen />, root);
}

/** Once the frame that is being drawn has been painted. */
function afterPaint(then: () => void): void {
  let isDone = false;
  const once = () => {
    if (isDone) return;
    isDone = true;
    then();
  };
  requestAnimationFrame(() => setTimeout(once));
  setTimeout(once, PAINT_AT_MOST_MS);
}
