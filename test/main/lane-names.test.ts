import { describe, expect, test } from "vitest";
import { createLaneNames, soundOfLane } from "#main/lane-names.ts";

function memorySettings() {
  const values = new Map<string, string>();
  return {
    get: (name: string) => values.get(name) ?? null,
    set: (name: string, value: string) => void values.set(name, value),
  };
}

describe("the lanes of scanners that are found", () => {
  test("are numbered in the order of their first coming, and kept over restarts", () => {
    const settings = memorySettings();
    const first = createLaneNames(settings);
    expect(["A", "B", "A"].map((key) => first.laneOf(key).name)).toEqual([
      "lane-1",
      "lane-2",
      "lane-1",
    ]);

    const again = createLaneNames(settings);

    expect(again.laneOf("B")).toEqual({ name: "lane-2", index: 1 });
    expect(again.laneOf("C")).toEqual({ name: "lane-3", index: 2 });
  });

  test("pass to the scanner that replaces theirs, for good", () => {
    const settings = memorySettings();
    const names = createLaneNames(settings);
    names.laneOf("A");
    names.laneOf("B");

    names.replace("A", "C");

    const again = createLaneNames(settings);
    expect(["C", "B", "A"].map((key) => again.laneOf(key).name)).toEqual([
      "lane-1",
      "lane-2",
      "lane-3",
    ]);
  });

  test("are remembered for 64 scanners; the place of a forgotten one is given again", () => {
    const settings = memorySettings();
    const names = createLaneNames(settings);
    for (let count = 0; count < 65; count += 1) names.laneOf(`scanner-${count}`);

    expect(createLaneNames(settings).laneOf("scanner-64").name).toBe("lane-65");
    expect(createLaneNames(settings).laneOf("new").name).toBe("lane-1");
  });

  test("differ in sound from their neighbours", () => {
    const sounds = [0, 1, 2, 3].map(soundOfLane);

    expect(new Set(sounds.slice(0, 3)).size).toBe(3);
    expect(sounds[3]).not.toBe(sounds[2]);
  });
});
