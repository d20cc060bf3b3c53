import type { Layout } from "#renderer/stage.ts";
import { StripPanel } from "#renderer/verdict-panel.tsx";
import { wordingOf } from "#renderer/wording.ts";
import { VerdictShape } from "#ui/shapes.tsx";
import type { StationTexts } from "#ui/texts/texts.ts";

type StopLayout = Extract<Layout, { kind: "stop" }>;

/** A stop, never covered: later verdicts stand in a strip under it. */
export function StopArea({
  layout,
  texts,
}: {
  readonly layout: StopLayout;
  readonly texts: StationTexts;
}) {
  const { panel, strip, waiting, isAsking } = layout;
  const { word, headline, lines } = wordingOf(panel.view, texts);
  return (
    <div class="stop-area">
      <div class="verdict verdict-stop" data-verdict={panel.view.number}>
        <VerdictShape kind="stop" />
        <p class={word.length > 11 ? "word is-long" : "word"}>{word}</p>
        <p class="headline">{headline}</p>
        {isAsking ? (
          <Question texts={texts} />
        ) : (
          lines.map((line) => (
            <p key={line} class="line">
              {line}
            </p>
          ))
        )}
        {waiting > 0 && !isAsking && <p class="line">{texts.stop.waiting(waiting)}</p>}
      </div>
      {strip !== null && <StripPanel view={strip.view} texts={texts} />}
    </div>
  );
}

/** The three answers; their keys are in the footer too, as buttons. */
function Question({ texts }: { readonly texts: StationTexts }) {
  const { question, outcomes } = texts.stop;
  const answers = [
    ["1", outcomes["let-in"]],
    ["2", outcomes["turned-away"]],
    ["3", outcomes.mistaken],
  ] as const;
  return (
    <div class="question">
      <p class="line">{question}</p>
      <ul class="answers">
        {answers.map(([key, label]) => (
          <li key={key}>
            <kbd>{key}</kbd> {label}
          </li>
        ))}
      </ul>
    </div>
  );
}
