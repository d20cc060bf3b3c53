import { describe, expect, test } from "vitest";
import type { ScannerView } from "#contract/bridge.ts";
import { createAlarm } from "#renderer/alarm.ts";
import { emptyBoard, reduceBoard } from "#renderer/board.ts";
import type { Board } from "#renderer/board.ts";
import { MORNING_MS, goodStatus, scanner } from "./scripted-host.ts";

const lost = { ...scanner, state: "lost", trouble: "unplugged", sinceMs: MORNING_MS } as const;
const second = { ...scanner, lane: "lane-2" } as const;

function boardWith(scanners: readonly ScannerView[], atMs: number): Board {
  const status = { ...goodStatus, scanners, nowMs: MORNING_MS + atMs };
  const hello = { status, recent: [], version: "0", shell: "browser" } as const;
  return reduceBoard(emptyBoard, { kind: "connected", hello, atMs });
}

/** Moments, in seconds of two minutes, at which the alarm sounds. */
function sounded(
  scannersAt: (second: number) => readonly ScannerView[],
  verdictsAt: number[] = [],
) {
  let count = 0;
  const alarm = createAlarm(() => {
    count += 1;
  });
  const moments: number[] = [];
  for (let atMs = 0; atMs < 120_000; atMs += 200) {
    const before = count;
    if (verdictsAt.includes(atMs / 1000)) alarm.onVerdict(atMs);
    alarm.onTime(boardWith(scannersAt(atMs / 1000), atMs), atMs);
    if (count > before) moments.push(atMs / 1000);
  }
  return moments;
}

describe("the alarm", () => {
  test("is quiet while every scanner works", () => {
    expect(sounded(() => [scanner, second])).toEqual([]);
  });

  test("sounds a second after the only scanner is lost, and every ten seconds until it is back", () => {
    expect(sounded((at) => [at < 35 ? lost : scanner])).toEqual([1, 11, 21, 31]);
  });

  test("is rarer while another scanner works", () => {
    expect(sounded(() => [lost, second])).toEqual([1, 31, 61, 91]);
  });

  test("is quiet once the guard knows, and sounds for the next scanner that is lost", () => {
    const known = { ...lost, isSilenced: true };
    const another = { ...lost, lane: "lane-2", sinceMs: MORNING_MS + 50_000 };

    expect(sounded((at) => [at < 15 ? lost : known, at < 50 ? second : another])).toEqual([
      1, 50, 60, 70, 80, 90, 100, 110,
    ]);
  });

  test("lets a verdict be heard out", () => {
    expect(sounded((at) => [at < 20 ? lost : scanner], [1, 11])).toEqual([2.6, 12.6]);
  });
});
