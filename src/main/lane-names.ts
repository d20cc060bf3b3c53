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
};

const SETTING = "scanner-lanes";

const Known = Type.Array(Type.Tuple([Type.String(), Type.Integer({ minimum: 0 })]));

/** Scanners that are remembered; of more, the one that was new the longest ago is forgotten. */
const MOST_KEYS = 64;

/** Keeps the lanes of scanners in the station's settings. */
export function createLaneNames(settings: SettingsTable): LaneNames {
  const known = parseKnown(settings.get(SETTING));
  return {
    laneOf(key) {
      const before = known.get(key);
      if (before !== undefined) return { name: laneName(before), index: before };
      const index = firstFree(new Set(known.values()));
      known.set(key, index);
      for (const oldest of [...known.keys()].slice(0, -MOST_KEYS)) known.delete(oldest);
      settings.set(SETTING, JSON.stringify([...known]));
      return { name: laneName(index), index };
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
