import type { ScannerTestView } from "#contract/bridge.ts";
import { isFault } from "#core/scanner-test.ts";
import type { Wording } from "#renderer/wording.ts";
import type { ScannerTestTexts } from "#ui/texts/texts.ts";

/** What a code of the test sheet has shown, in words: the worst finding large, one more below. */
export function scannerTestWording(view: ScannerTestView, texts: ScannerTestTexts): Wording {
  const [first, second] = view.findings.map((finding) => ({
    ...texts.finding(finding),
    isFault: isFault(finding),
  }));
  const progress = view.passed === view.total ? texts.ready : texts.next(view.passed, view.total);
  if (first === undefined) {
    return { word: texts.right, headline: progress, lines: [texts.notAnEntry] };
  }
  const others = second === undefined ? [] : [`${second.what} ${second.todo}`];
  return {
    word: first.isFault ? texts.wrong : texts.usable,
    headline: first.todo,
    lines: [first.what, ...others, first.isFault ? texts.notAnEntry : progress],
  };
}
