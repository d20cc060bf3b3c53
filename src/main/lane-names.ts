import { Type } from "typebox";
import { Value } from "typebox/value";
import type { LaneSound } from "#contract/bridge.ts";
import type { SettingsTable } from "#storage/settings-table.ts";

/** The lane at this place, counted from 0, of a station whose settings give it no name. */
export function laneName(index: number): string {
  return `lane-${index + 1}`;
}

const sounds: readonly LaneSound[] = ["normal", "low", "high"];

/** The sounds of the lane at this place, so that neighbours differ. */
export function soundOfLane(index: number): LaneSound {
  return sounds[index % sounds.length] ?? "normal";
}

/** Which lane a scanner that was found belongs to, also after a restart and in another socket. */
export type LaneNames = {
  /** The lane of the scanner with this key: the one it had before, else the first that no scanner has ever had. */
  laneOf(key: string): { readonly name: string; readonly index: number };
  /** The scanner with `key` has the lane of the one that it replaces; that one comes back as a new scanner. */
  replace(replaced: string, key: string): void;
};

const SETTING = "scanner-lanes";

const Known = Type.Array(Type.Tuple([Type.String(), Type.Integer({ minimum: 0 })]));

/** Scanners that are remembered; of more, the one that was new the longest ago is forgotten. */
const MOST_KEYS = 64;

/** Keeps the lanes of scanners in the station's settings. */
export function createLaneNames(settings: SettingsTable): LaneNames {
  const known = parseKnown(settings.get(SETTING));
  const keep = (key: string, index: number) => {
    known.set(key, index);
    for (const oldest of [...known.keys()].slice(0, -MOST_KEYS)) known.delete(oldest);
    settings.set(SETTING, JSON.stringify([...known]));
  };
  return {
    laneOf(key) {
      const index = known.get(key) ?? firstFree(new Set(known.values()));
      if (!known.has(key)) keep(key, index);
      return { name: laneName(index), index };
    },
    replace(replaced, key) {
      const index = known.get(replaced);
      if (index === undefined) return;
      known.delete(replaced);
      keep(key, index);
    },
  };
}

function firstFree(taken: ReadonlySet<number>): number {
  let index = 0;
  while (taken.has(index)) index += 1;
  return index;
}

function parseKnown(text: string | null): Map<string, number> {
  const known: unknown = JSON.parse(text ?? "[]");
  return new Map(Value.Check(Known, known) ? known : []);
}
