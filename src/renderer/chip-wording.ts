import type { ChipView, VerdictView } from "#contract/bridge.ts";
import type { Wording } from "#renderer/wording.ts";
import type { StationTexts } from "#ui/texts/texts.ts";

/** What a card's chip has shown, in words. The person's own word stays when the chip says the same as the code. */
export function chipWording(view: VerdictView, chip: ChipView, texts: StationTexts): Wording {
  const { chip: words, verdict } = texts;
  if (chip.kind === "alone") return words.alone;
  if (chip.kind === "unread") {
    return { word: words.unread, headline: words.layAgain, lines: [words.faults[chip.reason]] };
  }
  const lines = [words.standing[chip.standing], words.holder[chip.holder]];
  if (chip.standing === "invalid") {
    return { word: words.notGenuine, headline: words.callSupervisor, lines };
  }
  if (chip.holder !== "same") {
    return { word: words.otherPerson, headline: words.callSupervisor, lines };
  }
  const word = view.direction === "out" ? verdict.out : verdict.in;
  return { word, headline: view.name ?? view.maskedNumber, lines };
}
