import type { StatusView } from "#contract/bridge.ts";
import { wholeNumber } from "#ui/format.ts";
import { PauseShape } from "#ui/shapes.tsx";
import type { StationTexts } from "#ui/texts/texts.ts";

type OrderProps = {
  readonly order: Exclude<StatusView["order"], "active">;
  readonly pending: number;
  readonly texts: StationTexts;
};

/** A calm sign over the whole area: why nothing is scanned, and what to do instead. */
export function OrderPanel({ order, pending, texts }: OrderProps) {
  const { word, lines } = texts.order[order];
  const { waiting, allSent } = texts.order;
  return (
    <div class="idle held" data-order={order}>
      <PauseShape />
      <p class="word is-long">{word}</p>
      {lines.map((line) => (
        <p key={line} class="line">
          {line}
        </p>
      ))}
      {order !== "wiped" && (
        <p class="way-health">{pending > 0 ? waiting(wholeNumber(pending)) : allSent}</p>
      )}
    </div>
  );
}
