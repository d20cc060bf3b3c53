import type { VerdictKind, VerdictView } from "#contract/bridge.ts";

/** A verdict on the screen, and since when. Times here are the page's monotonic milliseconds. */
export type Panel = { readonly view: VerdictView; readonly shownAtMs: number };

/** A stop that nobody has acknowledged; minimised after a while so that the gate can go on. */
export type StopPanel = Panel & { readonly isMinimised: boolean };

/** What the verdict area knows. The newest verdict replaces the last one at once; a stop is never covered. */
export type Stage = {
  readonly lastNumber: number;
  readonly newest: Panel | null;
  /** A notice, or another lane's verdict, that was replaced before anybody could read it. */
  readonly held: Panel | null;
  /** Oldest first. */
  readonly stops: readonly StopPanel[];
  /** True while the guard is asked how a stop was settled. */
  readonly isAsking: boolean;
};

export type StageEvent =
  | { readonly kind: "verdict"; readonly view: VerdictView; readonly atMs: number }
  | { readonly kind: "time"; readonly atMs: number }
  /** A connection to the station begins; its verdicts are numbered anew after a restart. */
  | {
      readonly kind: "connected";
      readonly openStops: readonly VerdictView[] | undefined;
      readonly atMs: number;
    }
  | { readonly kind: "ask"; readonly atMs: number }
  | { readonly kind: "acknowledged"; readonly number: number; readonly atMs: number }
  | { readonly kind: "back" };

/** What the verdict area shows. `bar` is a minimised stop that still waits for the guard. */
export type Layout =
  | { readonly kind: "idle"; readonly bar: StopPanel | null }
  | { readonly kind: "single"; readonly panel: Panel; readonly bar: StopPanel | null }
  | {
      readonly kind: "split";
      readonly held: Panel;
      readonly panel: Panel;
      readonly bar: StopPanel | null;
    }
  | {
      readonly kind: "stop";
      readonly panel: StopPanel;
      /** The newest later verdict, in a strip under the stop. */
      readonly strip: Panel | null;
      readonly waiting: number;
      readonly isAsking: boolean;
    };

/** How long a verdict stays when nothing replaces it. */
export const dwellMs: Readonly<Record<VerdictKind, number>> = {
  in: 3_000,
  out: 3_000,
  notice: 6_000,
  unknown: 8_000,
  // Only in the strip under an earlier stop; on the stage it stays until it is acknowledged.
  stop: 8_000,
};

/** A notice can be read for at least this long, whatever comes next. */
export const HOLD_MS = 1_500;
/** After this a stop that nobody acknowledges becomes a bar. */
export const MINIMISE_MS = 60_000;
/** Open stops kept on the screen; all of them are in the book. */
const MAX_STOPS = 20;

export const emptyStage: Stage = {
  lastNumber: -1,
  newest: null,
  held: null,
  stops: [],
  isAsking: false,
};

/** The next stage; the same object when nothing changes, so that nothing is painted for nothing. */
export function reduceStage(stage: Stage, event: StageEvent): Stage {
  switch (event.kind) {
    case "verdict":
      return event.view.number > stage.lastNumber ? show(stage, event.view, event.atMs) : stage;
    case "time":
      return passTime(stage, event.atMs);
    case "connected":
      return connect(stage, event.openStops, event.atMs);
    case "ask":
      return ask(stage, event.atMs);
    case "acknowledged":
      return acknowledge(stage, event.number, event.atMs);
    case "back":
      if (stage.isAsking) return { ...stage, isAsking: false };
      return stage.newest === null ? stage : { ...stage, newest: null, held: null };
  }
}

/** What to draw for a stage. */
export function layoutOf(stage: Stage): Layout {
  const current = currentStop(stage);
  if (current !== null && !current.isMinimised) {
    return {
      kind: "stop",
      panel: current,
      strip: stage.newest,
      waiting: stage.stops.length - 1,
      isAsking: stage.isAsking,
    };
  }
  const { newest, held } = stage;
  if (newest === null) return { kind: "idle", bar: current };
  if (held === null) return { kind: "single", panel: newest, bar: current };
  return { kind: "split", held, panel: newest, bar: current };
}

/** The stop that F9 is about: the oldest on the stage, else the oldest bar. */
export function currentStop(stage: Stage): StopPanel | null {
  return stage.stops.find((stop) => !stop.isMinimised) ?? stage.stops[0] ?? null;
}

/** Number of the shown repeat that F6 can turn into an exit: the person came in before, and insists on leaving. */
export function repeatToExit(stage: Stage): number | null {
  const view = stage.newest?.view;
  if (view?.reason !== "repeat" || view.earlierDirection !== "in") return null;
  return view.number;
}

function show(stage: Stage, view: VerdictView, atMs: number): Stage {
  const panel: Panel = { view, shownAtMs: atMs };
  if (view.kind === "stop") return showStop(stage, panel);
  return {
    ...stage,
    lastNumber: view.number,
    newest: panel,
    held: heldAfter(stage, panel),
  };
}

function showStop(stage: Stage, panel: Panel): Stage {
  const isFirst = !stage.stops.some((stop) => !stop.isMinimised);
  return {
    ...stage,
    lastNumber: panel.view.number,
    newest: isFirst ? null : panel,
    held: null,
    stops: [...stage.stops, { ...panel, isMinimised: false }].slice(-MAX_STOPS),
  };
}

function heldAfter(stage: Stage, next: Panel): Panel | null {
  const isYoung = (panel: Panel) => next.shownAtMs - panel.shownAtMs < HOLD_MS;
  if (stage.held !== null && isYoung(stage.held)) return stage.held;
  const last = stage.newest;
  if (last === null || !isYoung(last)) return null;
  // With two scanners, one visitor must not lose his answer to the other's.
  const needsReading = last.view.kind === "notice" || last.view.lane !== next.view.lane;
  return needsReading ? last : null;
}

function passTime(stage: Stage, atMs: number): Stage {
  const newest = isOver(stage.newest, atMs) ? null : stage.newest;
  const isHeldOver = stage.held !== null && atMs - stage.held.shownAtMs >= HOLD_MS;
  const held = newest === null || isHeldOver ? null : stage.held;
  const stops = minimiseOld(stage.stops, atMs);
  if (newest === stage.newest && held === stage.held && stops === stage.stops) return stage;
  const isAsking = stage.isAsking && stops.some((stop) => !stop.isMinimised);
  return { ...stage, newest, held, stops, isAsking };
}

function isOver(panel: Panel | null, atMs: number): boolean {
  return panel !== null && atMs - panel.shownAtMs >= dwellMs[panel.view.kind];
}

function minimiseOld(stops: readonly StopPanel[], atMs: number): readonly StopPanel[] {
  const isDue = (stop: StopPanel) => !stop.isMinimised && atMs - stop.shownAtMs >= MINIMISE_MS;
  if (!stops.some(isDue)) return stops;
  return stops.map((stop) => (isDue(stop) ? { ...stop, isMinimised: true } : stop));
}

function connect(stage: Stage, openStops: readonly VerdictView[] | undefined, atMs: number): Stage {
  const stops =
    openStops?.map(
      (view) => keptStop(stage, view) ?? { view, shownAtMs: atMs, isMinimised: false },
    ) ?? stage.stops;
  return { ...stage, lastNumber: -1, stops, isAsking: stage.isAsking && stops.length > 0 };
}

function keptStop(stage: Stage, view: VerdictView): StopPanel | undefined {
  return stage.stops.find(
    (stop) => stop.view.number === view.number && stop.view.atMs === view.atMs,
  );
}

function ask(stage: Stage, atMs: number): Stage {
  const current = currentStop(stage);
  if (current === null || stage.isAsking) return stage;
  const shown: StopPanel = { ...current, isMinimised: false, shownAtMs: atMs };
  return {
    ...stage,
    isAsking: true,
    stops: stage.stops.map((stop) => (stop === current ? shown : stop)),
  };
}

function acknowledge(stage: Stage, number: number, atMs: number): Stage {
  const rest = stage.stops.filter((stop) => stop.view.number !== number);
  if (rest.length === stage.stops.length) return stage;
  // The next one has its whole time from now on.
  const stops = rest.map((stop) => (stop.isMinimised ? stop : { ...stop, shownAtMs: atMs }));
  const newest = stage.newest?.view.kind === "stop" ? null : stage.newest;
  return { ...stage, stops, newest, isAsking: false };
}
