import { computed } from "@preact/signals";
import type { StatusView } from "#contract/bridge.ts";
import { scannerName } from "#renderer/banner.ts";
import type { Action, KeyOffer } from "#renderer/keys.ts";
import { offeredKeys } from "#renderer/keys.ts";
import { lampsOf } from "#renderer/lamps.ts";
import type { Store } from "#renderer/store.ts";
import type { StationTexts } from "#ui/texts/texts.ts";

/** Three scanners and the network. */
const MOST_LAMPS = 4;

/** The keys that work now, as buttons, and the lamps. */
export function createFooter(store: Store, act: (action: Action) => void) {
  const offers = computed(() =>
    offeredKeys(store.stage.value, store.board.value).filter((offered) => offered.isShown),
  );
  const lamps = computed(() => {
    const { status, nowMs, chooser } = store.board.value;
    const all = status === null ? [] : lampsOf(status, nowMs, store.texts.value);
    const isAsked = chooser !== null || store.stage.value.isAsking;
    // A question needs the room, and many scanners have none; what is broken stays in sight.
    return isAsked || all.length > MOST_LAMPS ? all.filter((lamp) => lamp.level !== "good") : all;
  });
  const question = computed(() => questionOf(store));
  return function Footer() {
    const texts = store.texts.value;
    return (
      <footer class="footer">
        {question.value !== null && <p class="asked">{question}</p>}
        <ul class="keys" aria-label={texts.keys.keys}>
          {offers.value.map((offered) => (
            <li key={offered.key}>
              <KeyButton offered={offered} texts={texts} act={act} />
            </li>
          ))}
        </ul>
        <ul class="lamps">
          {lamps.value.map((lamp) => (
            <li key={lamp.id} class={`lamp lamp-${lamp.level}`}>
              {lamp.name}: <strong>{lamp.state}</strong>
            </li>
          ))}
        </ul>
      </footer>
    );
  };
}

type ButtonProps = {
  readonly offered: KeyOffer;
  readonly texts: StationTexts;
  readonly act: (action: Action) => void;
};

/** For a finger or a mouse. It never takes the focus, so no scanner's Enter can press it. */
function KeyButton({ offered, texts, act }: ButtonProps) {
  return (
    <button
      type="button"
      tabIndex={-1}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => act(offered.action)}
    >
      <kbd>{offered.key === "Escape" ? "Esc" : offered.key}</kbd> {labelOf(offered.action, texts)}
    </button>
  );
}

function labelOf(action: Action, { keys, stop }: StationTexts): string {
  switch (action.kind) {
    case "undo":
      return keys.undo;
    case "choose-direction":
      return action.isNext ? keys.nextScanner : keys.direction;
    case "set-direction":
      return keys.choices[action.direction];
    case "record-exit":
      return keys.repeatAsExit;
    case "language":
      return keys.otherLanguage;
    case "display":
      return keys.display;
    case "ask":
      return keys.acknowledge;
    case "acknowledge":
      return stop.outcomes[action.outcome];
    case "silence":
      return keys.silence;
    case "scanners":
      return keys.scanners;
    case "back":
      return keys.back;
  }
}

/** What the digits of the footer are about, while a direction is chosen. */
function questionOf(store: Store): string | null {
  const { chooser, status } = store.board.value;
  if (chooser === null || status === null || store.stage.value.isAsking) return null;
  return store.texts.value.keys.chooseDirection(nameOf(status, chooser.lane, store.texts.value));
}

function nameOf(status: StatusView, lane: string, texts: StationTexts): string | null {
  const scanner = status.scanners.find((one) => one.lane === lane);
  if (scanner === undefined || status.scanners.length === 1) return null;
  return scannerName(status, scanner, texts);
}
