import type { ScannerView, StatusView } from "#contract/bridge.ts";
import { scannerLine } from "#renderer/scanner-words.ts";
import { PlugShape, ScanShape, WaitShape, WayArrow } from "#ui/shapes.tsx";
import type { StationTexts } from "#ui/texts/texts.ts";

type IdleProps = {
  readonly status: StatusView;
  readonly nowMs: number;
  readonly texts: StationTexts;
};

/** Between visitors: what to do, and which way this gate leads. Without any working scanner: how to get it back. */
export function IdlePanel({ status, nowMs, texts }: IdleProps) {
  const { scanners } = status;
  const [first] = scanners;
  if (first !== undefined && scanners.every((scanner) => scanner.state === "lost")) {
    return <LostPanel scanner={first} nowMs={nowMs} texts={texts} />;
  }
  return (
    <div class={scanners.length > 2 ? "idle is-crowded" : "idle"}>
      {scanners.length < 3 && <ScanShape />}
      <p class={texts.idle.word.length > 11 ? "word is-long" : "word"}>{texts.idle.word}</p>
      <p class="line">{scanners.length === 0 ? texts.idle.noScanner : texts.idle.hint}</p>
      <ul class={scanners.length > 1 ? "ways is-many" : "ways"}>
        {scanners.map((scanner, index) => (
          <Way
            key={scanner.lane}
            scanner={scanner}
            name={nameInRow(scanner, index, scanners.length, texts)}
            nowMs={nowMs}
            texts={texts}
          />
        ))}
      </ul>
    </div>
  );
}

type WayProps = {
  readonly scanner: ScannerView;
  readonly name: string | null;
  readonly nowMs: number;
  readonly texts: StationTexts;
};

/** The header has the number; here the label stands beside it. */
function nameInRow(
  { label }: ScannerView,
  index: number,
  count: number,
  texts: StationTexts,
): string | null {
  if (label === null) return count > 1 ? texts.idle.scannerNumber(index + 1) : null;
  return count > 1 ? `${index + 1} · ${label}` : label;
}

function Way({ scanner, name, nowMs, texts }: WayProps) {
  const { direction } = scanner;
  const isLost = scanner.state === "lost";
  return (
    <li class="way-place">
      <p class={isLost ? "way way-lost" : `way way-${direction}`}>
        {name !== null && <span class="way-scanner">{name}</span>}
        {!isLost && <WayArrow direction={direction} />}
        <span>{isLost ? texts.lamps.scannerState.lost : texts.idle.way[direction]}</span>
      </p>
      <p class="way-health">{scannerLine(scanner, nowMs, texts)}</p>
    </li>
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
  nowMs,
  texts,
}: {
  readonly scanner: ScannerView;
  readonly nowMs: number;
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
      <p class="way-health">{scannerLine(scanner, nowMs, texts)}</p>
    </div>
  );
}
