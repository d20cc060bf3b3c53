import type { ScannerView, StatusView } from "#contract/bridge.ts";
import { scannerName } from "#renderer/banner.ts";
import { scannerState } from "#renderer/lamps.ts";
import { scannerAdvice, scannerCounts, scannerLine } from "#renderer/scanner-words.ts";
import type { StationTexts } from "#ui/texts/texts.ts";

type PanelProps = {
  readonly status: StatusView;
  readonly nowMs: number;
  readonly texts: StationTexts;
};

/** More than these are told of in two lines each; of still more the ones in trouble. */
const MOST_IN_FULL = 3;
const MOST_SHOWN = 6;

const troubledFirst = (one: ScannerView, other: ScannerView) =>
  Number(one.state === "alive") - Number(other.state === "alive");

/** The page about the scanners: how each of them is, what it has done, and what helps. The next verdict covers it. */
export function ScannersPanel({ status, nowMs, texts }: PanelProps) {
  const isMany = status.scanners.length > MOST_IN_FULL;
  const scanners = status.scanners.toSorted(troubledFirst).slice(0, MOST_SHOWN);
  return (
    <div class={isMany ? "scanners is-many" : "scanners"}>
      <h2 class="scanners-title">{texts.scanners.title}</h2>
      {scanners.length === 0 && <p class="line">{texts.scanners.none}</p>}
      <ul class="scanner-list">
        {scanners.map((scanner) => (
          <li key={scanner.lane} class="scanner">
            <div class="scanner-head">
              <p class={`scanner-name lamp lamp-${scannerState(scanner, nowMs, texts).level}`}>
                <strong>
                  {scannerName(status, scanner, texts)} · {texts.frame.direction[scanner.direction]}
                </strong>
              </p>
              <p>{scannerLine(scanner, nowMs, texts)}</p>
            </div>
            <p class="scanner-counts">{scannerCounts(scanner, texts)}</p>
            {!isMany &&
              scannerAdvice(scanner, nowMs, texts).map((line) => (
                <p key={line} class="scanner-advice">
                  {line}
                </p>
              ))}
          </li>
        ))}
      </ul>
    </div>
  );
}
