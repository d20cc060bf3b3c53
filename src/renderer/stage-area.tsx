import { computed } from "@preact/signals";
import { IdlePanel, WaitPanel } from "#renderer/idle-panel.tsx";
import { NoteLine } from "#renderer/note-line.tsx";
import { layoutOf } from "#renderer/stage.ts";
import type { Layout } from "#renderer/stage.ts";
import { StopArea } from "#renderer/stop-panel.tsx";
import type { Store } from "#renderer/store.ts";
import { HalfPanel, StripPanel, VerdictPanel, spokenVerdict } from "#renderer/verdict-panel.tsx";
import type { StationTexts } from "#ui/texts/texts.ts";

/** The verdict area: painted alone, before anything else on the screen. */
export function createStageArea(store: Store) {
  const layout = computed(() => layoutOf(store.stage.value));
  const link = computed(() => store.board.value.link);
  const status = computed(() => store.board.value.status);
  const Idle = () => {
    const texts = store.texts.value;
    const { frame } = texts;
    if (link.value === "lost")
      return <WaitPanel word={frame.stationLost} hint={frame.stationLostHint} />;
    if (status.value === null)
      return <WaitPanel word={frame.connecting} hint={frame.connectingHint} />;
    return <IdlePanel status={status.value} texts={texts} />;
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
        {shown.kind === "idle" ? <Idle /> : <Verdicts layout={shown} texts={texts} />}
        <NoteLine store={store} />
      </main>
    );
  };
}

type VerdictLayout = Exclude<Layout, { kind: "idle" }>;

function Verdicts({
  layout,
  texts,
}: {
  readonly layout: VerdictLayout;
  readonly texts: StationTexts;
}) {
  switch (layout.kind) {
    case "single":
      return <VerdictPanel view={layout.panel.view} texts={texts} />;
    case "split":
      return (
        <div class="split">
          <HalfPanel view={layout.panel.view} texts={texts} />
          <HalfPanel view={layout.held.view} texts={texts} />
        </div>
      );
    case "stop":
      return <StopArea layout={layout} texts={texts} />;
  }
}

function spokenOf(layout: Layout, texts: StationTexts): string {
  return layout.kind === "idle" ? "" : spokenVerdict(layout.panel.view, texts);
}
