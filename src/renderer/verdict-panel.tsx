import type { VerdictView } from "#contract/bridge.ts";
import { wordingOf } from "#renderer/wording.ts";
import { VerdictShape } from "#ui/shapes.tsx";
import type { StationTexts } from "#ui/texts/texts.ts";

type StripProps = { readonly view: VerdictView; readonly texts: StationTexts };

/** `lane`: the name of the scanner, where there are several. */
type PanelProps = StripProps & { readonly lane: string | null };

/** Longest word that is set in the largest letters; longer ones take the next size. */
const LONG_WORD = 11;

/** One verdict over the whole area: shape, word, person, lines. */
export function VerdictPanel({ view, texts, lane }: PanelProps) {
  const { word, headline, lines } = wordingOf(view, texts);
  return (
    <div class={`verdict verdict-${view.kind}`} data-verdict={view.number}>
      {lane !== null && <p class="lane-name">{lane}</p>}
      <VerdictShape kind={view.kind} />
      <p class={sizeOf("word", word)}>{word}</p>
      {headline !== null && (
        <p class={view.kind === "unknown" ? "headline is-action" : "headline"}>{headline}</p>
      )}
      {lines.map((line) => (
        <p key={line} class="line">
          {line}
        </p>
      ))}
    </div>
  );
}

/** One verdict in half of the area, beside another one that may not be lost. */
export function HalfPanel({ view, texts, lane }: PanelProps) {
  const { word, headline, lines } = wordingOf(view, texts);
  return (
    <div class={`half verdict-${view.kind}`} data-verdict={view.number}>
      {lane !== null && <p class="lane-name">{lane}</p>}
      <VerdictShape kind={view.kind} />
      <div>
        <p class={sizeOf("half-word", word)}>{word}</p>
        {headline !== null && <p class="half-headline">{headline}</p>}
        <p class="half-line">{lines[0]}</p>
      </div>
    </div>
  );
}

/** One verdict in a single line: later verdicts under a stop, and a minimised stop. */
export function StripPanel({ view, texts }: StripProps) {
  const { word, headline } = wordingOf(view, texts);
  return (
    <div class={`strip verdict-${view.kind}`} data-verdict={view.number}>
      <VerdictShape kind={view.kind} />
      <p class="strip-word">{word}</p>
      {headline !== null && <p class="strip-headline">{headline}</p>}
    </div>
  );
}

/** What a screen reader says, once, in a few words. */
export function spokenVerdict(view: VerdictView, texts: StationTexts): string {
  const { word, headline } = wordingOf(view, texts);
  return view.kind === "unknown" || headline === null ? word : `${word}. ${headline}`;
}

function sizeOf(name: string, word: string): string {
  return word.length > LONG_WORD ? `${name} is-long` : name;
}
