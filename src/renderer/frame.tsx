import { computed } from "@preact/signals";
import type { RecentView, ScannerView } from "#contract/bridge.ts";
import { bannerFor } from "#renderer/banner.ts";
import type { Store } from "#renderer/store.ts";
import { clockTime, dayOf, wholeNumber } from "#ui/format.ts";
import { VerdictShape, WayArrow } from "#ui/shapes.tsx";
import type { StationTexts } from "#ui/texts/texts.ts";

const MOST_DIRECTIONS = 2;

/** Place and gate, direction, people inside, time. */
export function createHeader(store: Store) {
  const status = computed(() => store.board.value.status);
  const clock = computed(() => {
    const { nowMs } = store.board.value;
    return nowMs === 0 ? "" : `${clockTime(nowMs)} · ${dayOf(nowMs)}`;
  });
  return function Header() {
    const { frame } = store.texts.value;
    if (status.value === null) return <header class="header" />;
    const { gateName, placeName, scanners, insideCount } = status.value;
    return (
      <header class="header">
        <h1 class="place">
          {gateName} – {placeName}
        </h1>
        <ul class="directions">
          {directionsOf(scanners).map((scanner, index) => (
            <li key={scanner.lane} class={`direction direction-${scanner.direction}`}>
              {scanners.length > 1 && <span>{index + 1}</span>}
              <WayArrow direction={scanner.direction} />
              <span>{frame.direction[scanner.direction]}</span>
            </li>
          ))}
        </ul>
        <p class="inside">
          {frame.inside}: <strong>{wholeNumber(insideCount)}</strong>
        </p>
        <p class="clock">{clock}</p>
      </header>
    );
  };
}

/** Many scanners leave no room for the name of the place; the area between visitors tells of them all. */
function directionsOf(scanners: readonly ScannerView[]): readonly ScannerView[] {
  return scanners.length > MOST_DIRECTIONS ? [] : scanners;
}

/** One line of trouble, the most important one. */
export function createBannerLine(store: Store) {
  const banner = computed(() => {
    const { status, nowMs } = store.board.value;
    return status === null ? null : bannerFor(status, nowMs, store.texts.value);
  });
  const tone = computed(() => banner.value?.tone ?? null);
  const text = computed(() => banner.value?.text ?? "");
  return function BannerLine() {
    return (
      <p
        class={tone.value === null ? "banner is-empty" : `banner banner-${tone.value}`}
        role="status"
      >
        {text}
      </p>
    );
  };
}

/** "Vừa quét": the last six, newest on top. */
export function createRecentList(store: Store) {
  const recent = computed(() => store.board.value.recent);
  // A station that records nothing new has a sign instead, over the whole width.
  const isHeld = computed(() => (store.board.value.status?.order ?? "active") !== "active");
  return function RecentList() {
    if (isHeld.value) return null;
    const texts = store.texts.value;
    return (
      <aside class="recent" aria-label={texts.frame.recent}>
        <h2>{texts.frame.recent}</h2>
        {recent.value.length === 0 && <p class="nobody">{texts.frame.nobodyYet}</p>}
        <ol class="rows">
          {recent.value.map((row) => (
            <Row key={row.eventId} row={row} texts={texts} />
          ))}
        </ol>
      </aside>
    );
  };
}

function Row({ row, texts }: { readonly row: RecentView; readonly texts: StationTexts }) {
  const passage = row.direction === null ? "" : texts.frame.passage[row.direction];
  return (
    <li class={row.undone ? "row is-undone" : "row"}>
      <span class={`chip verdict-${row.kind}`}>
        <VerdictShape kind={row.kind} />
      </span>
      <span class="row-name">{row.name ?? texts.verdict.noName}</span>
      <span class="row-time">
        {clockTime(row.atMs)} · {row.undone ? texts.frame.undone : passage}
      </span>
    </li>
  );
}
