import type { ScannerView, StatusView } from "#contract/bridge.ts";
import { PlugShape, ScanShape, WaitShape, WayArrow } from "#ui/shapes.tsx";
import type { StationTexts } from "#ui/texts/texts.ts";

type IdleProps = { readonly status: StatusView; readonly texts: StationTexts };

/** Between visitors: what to do, and which way this gate leads. Without any working scanner: how to get it back. */
export function IdlePanel({ status, texts }: IdleProps) {
  const { scanners } = status;
  const [first] = scanners;
  if (first !== undefined && scanners.every((scanner) => scanner.state === "lost")) {
    return <LostPanel scanner={first} texts={texts} />;
  }
  return (
    <div class="idle">
      <ScanShape />
      <p class={texts.idle.word.length > 11 ? "word is-long" : "word"}>{texts.idle.word}</p>
      <p class="line">{scanners.length === 0 ? texts.idle.noScanner : texts.idle.hint}</p>
      <ul class="ways">
        {scanners.map((scanner, index) => (
          <li key={scanner.lane} class={`way way-${scanner.direction}`}>
            {scanners.length > 1 && (
              <span class="way-scanner">{texts.idle.scannerNumber(index + 1)}</span>
            )}
            <WayArrow direction={scanner.direction} />
            <span>{texts.idle.way[scanner.direction]}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** No station, no verdicts: said in large letters, never left to be guessed from a still screen. */
export function WaitPanel({ word, hint }: { readonly word: string; readonly hint: string }) {
  return (
    <div class="idle">
      <WaitShape />
      <p class="word is-long">{word}</p>
      <p class="line">{hint}</p>
    </div>
  );
}

function LostPanel({
  scanner,
  texts,
}: {
  readonly scanner: ScannerView;
  readonly texts: StationTexts;
}) {
  const { steps } = texts.lost[scanner.trouble ?? "failed"];
  return (
    <div class="lost">
      <PlugShape />
      <ol class="steps">
        {steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </div>
  );
}
