import { computed } from "@preact/signals";
import type { StatusView, VerdictView } from "#contract/bridge.ts";
import { scannerName } from "#renderer/banner.ts";
import { IdlePanel, WaitPanel } from "#renderer/idle-panel.tsx";
import { NoteLine } from "#renderer/note-line.tsx";
import { OrderPanel } from "#renderer/order-panel.tsx";
import { layoutOf } from "#renderer/stage.ts";
import type { Layout } from "#renderer/stage.ts";
import { ScannersPanel } from "#renderer/scanners-panel.tsx";
import { StopArea } from "#renderer/stop-panel.tsx";
import type { Store } from "#renderer/store.ts";
import { HalfPanel, StripPanel, VerdictPanel, spokenVerdict } from "#renderer/verdict-panel.tsx";
import type { StationTexts } from "#ui/texts/texts.ts";

/** The verdict area: painted alone, before anything else on the screen. */
export function createStageArea(store: Store) {
  const layout = computed(() => layoutOf(store.stage.value));
  const link = computed(() => store.board.value.link);
  const status = computed(() => store.board.value.status);
  const laneOf = computed(() => laneNames(status.value, store.texts.value));
  const isPageOpen = computed(() => store.board.value.scannersUntilMs !== null);
  const Idle = () => {
    const texts = store.texts.value;
    const { frame } = texts;
    if (link.value === "lost")
      return <WaitPanel word={frame.stationLost} hint={frame.stationLostHint} />;
    if (status.value === null)
      return <WaitPanel word={frame.connecting} hint={frame.connectingHint} />;
    const { nowMs } = store.board.value;
    const facts = { status: status.value, nowMs, texts };
    const { order, network } = status.value;
    if (order !== "active") return <OrderPanel {...{ order, pending: network.pending, texts }} />;
    if (isPageOpen.value) return <ScannersPanel {...facts} />;
    return <IdlePanel {...facts} />;
  };
  return function StageArea() {
    const texts = store.texts.value;
    const shown = layout.value;
    return (
      <main class="stage">
        <p class="spoken" aria-live="assertive">
          {spokenOf(shown, texts)}
        </p>
        {shown.kind !== "stop" && shown.bar !== null && (
          <StripPanel view={shown.bar.view} texts={texts} />
        )}
        {shown.kind === "idle" ? (
          <Idle />
        ) : (
          <Verdicts layout={shown} texts={texts} laneOf={laneOf.value} />
        )}
        <NoteLine store={store} />
      </main>
    );
  };
}

type VerdictLayout = Exclude<Layout, { kind: "idle" }>;

function Verdicts({
  layout,
  texts,
  laneOf,
}: {
  readonly layout: VerdictLayout;
  readonly texts: StationTexts;
  readonly laneOf: ReadonlyMap<string, string>;
}) {
  const named = (view: VerdictView) => ({ view, texts, lane: laneOf.get(view.lane) ?? null });
  switch (layout.kind) {
    case "single":
      return <VerdictPanel {...named(layout.panel.view)} />;
    case "split":
      return (
        <div class="split">
          <HalfPanel {...named(layout.panel.view)} />
          <HalfPanel {...named(layout.held.view)} />
        </div>
      );
    case "stop":
      return <StopArea layout={layout} texts={texts} />;
  }
}

/** Where several scanners stand at one gate, a verdict says which of them it is of. */
function laneNames(status: StatusView | null, texts: StationTexts): ReadonlyMap<string, string> {
  if (status === null || status.scanners.length < 2) return new Map();
  return new Map(
    status.scanners.map((scanner) => [scanner.lane, scannerName(status, scanner, texts)]),
  );
}

function spokenOf(layout: Layout, texts: StationTexts): string {
  return layout.kind === "idle" ? "" : spokenVerdict(layout.panel.view, texts);
}
