import { Type } from "typebox";
import { Value } from "typebox/value";
import type { VerdictView } from "#contract/bridge.ts";
import type { Clock } from "#core/ports.ts";
import type { SettingsTable } from "#storage/settings-table.ts";

/** Stops that nobody has acknowledged yet: they outlive a page and a restart. Masked, as the screen has them. */
export type OpenStops = {
  /** Oldest first. */
  all(): readonly VerdictView[];
  /** Kept in memory before it is written: throws what the disk says, and holds it all the same. */
  add(view: VerdictView): void;
  /** Acknowledged. */
  close(verdictNumber: number): void;
  /** No verdict of the last run that can still be asked about has a higher number. */
  readonly lastNumber: number;
};

const SETTING = "open-stops";

const TextOrNull = Type.Union([Type.String(), Type.Null()]);
const Stop = Type.Object({
  number: Type.Integer(),
  kind: Type.Literal("stop"),
  reason: TextOrNull,
  recorded: Type.Boolean(),
  direction: TextOrNull,
  name: TextOrNull,
  maskedNumber: TextOrNull,
  atMs: Type.Number(),
  earlierAtMs: Type.Null(),
  earlierDirection: Type.Null(),
  validTo: TextOrNull,
  noEntrySeen: Type.Boolean(),
  nameNeedsChecking: Type.Boolean(),
  caseNumber: TextOrNull,
  lane: Type.String(),
});

/** As many as a screen keeps. */
const MOST_STOPS = 20;

/** A stop of yesterday concerns nobody at the door; its event is in the book. */
const KEPT_MS = 12 * 3_600_000;

export function createOpenStops(settings: SettingsTable, clock: Clock): OpenStops {
  const oldestMs = clock.nowMs() - KEPT_MS;
  let stops = parseStops(settings.get(SETTING)).filter((view) => view.atMs >= oldestMs);
  const keep = (next: readonly VerdictView[]) => {
    stops = next.slice(-MOST_STOPS);
    settings.set(SETTING, JSON.stringify(stops));
  };
  return {
    all: () => stops,
    add: (view) => keep([...stops, view]),
    close(verdictNumber) {
      keep(stops.filter((view) => view.number !== verdictNumber));
    },
    lastNumber: Math.max(0, ...stops.map((view) => view.number)),
  };
}

function parseStops(text: string | null): readonly VerdictView[] {
  const stops: unknown = JSON.parse(text ?? "[]");
  return Array.isArray(stops) ? stops.filter(isStop) : [];
}

/** One that another version of the program wrote otherwise is left out: its event is in the book. */
function isStop(view: unknown): view is VerdictView {
  return Value.Check(Stop, view);
}
