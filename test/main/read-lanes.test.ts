import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createBaudMemory } from "#main/baud-memory.ts";
import { createLanes } from "#main/lane-drivers.ts";
import { createLaneNames } from "#main/lane-names.ts";
import { createLog } from "#main/log.ts";
import { readLanes } from "#main/read-lanes.ts";
import { createFakeHid, scannerAt } from "../drivers/fake-hid.ts";
import { reportsOf } from "../drivers/hid-reports.ts";
import { until } from "../drivers/real-clock.ts";
import { startTestStation } from "./test-station.ts";

const CCCD = "079085012345||Nguyễn Văn Thử|15031985|Nam|Phường Mẫu|19042021";
const KEY = "1eab:1a10:H1";

/** A station in default mode on a machine whose HID devices are the test's; lane-1 is somebody else's. */
async function startReading() {
  const { station, store } = await startTestStation();
  const hid = createFakeHid();
  const machine = { listSerialPorts: async () => [], hid };
  const bauds = createBaudMemory(store.settings);
  const { hotPlug } = createLanes({ lanes: [], findsScanners: true }, bauds, machine);
  const names = createLaneNames(store.settings);
  names.laneOf("another");
  const logLines: string[] = [];
  const abort = new AbortController();
  const reading = readLanes(
    {
      lanes: [],
      hotPlug,
      names,
      station,
      log: createLog((line) => logLines.push(line)),
      onState() {},
    },
    abort.signal,
  );
  const scanner = () => station.board.now().scanners.find(({ lane }) => lane === "lane-2");
  return {
    hid,
    station,
    logLines,
    scanner,
    becomes: (state: string) => until(() => scanner()?.state === state, state, 3_500),
    async stop() {
      abort.abort();
      await reading;
    },
  };
}

describe("a station in default mode", () => {
  test("takes a scanner that is plugged in later as a lane, and keeps its direction and counts on another port", async () => {
    const { hid, station, scanner, becomes, logLines, stop } = await startReading();
    hid.plug({ ...scannerAt("/dev/hidraw0"), serialNumber: "H1" });
    await becomes("alive");
    station.host.calls.setDirection("lane-2", "out");
    hid.send("/dev/hidraw0", reportsOf(CCCD, "B"));
    await until(() => scanner()?.counts.scans === 1, "the card");

    hid.send("/dev/hidraw0", [
      Uint8Array.of(3, 1, ...new Uint8Array(62)),
      ...reportsOf(CCCD, "B").slice(0, 1),
    ]);
    hid.unplug("/dev/hidraw0");
    await becomes("lost");
    expect(scanner()).toMatchObject({ trouble: "unplugged", lastScanAtMs: expect.any(Number) });
    hid.plug({ ...scannerAt("/dev/hidraw9"), serialNumber: "H1" });
    await becomes("alive");
    hid.send("/dev/hidraw9", reportsOf("MA-NHAN-VIEN-00417", "B"));
    await until(() => scanner()?.counts.scans === 2, "the second card");
    await stop();

    expect(station.board.now().scanners).toHaveLength(2);
    expect(scanner()).toMatchObject({
      driver: "Newland Made-up scanner (1eab:1a10)",
      direction: "out",
      sound: "low",
      counts: { scans: 2, torn: 1, ignored: 1, lost: 1 },
    });
    expect(logLines.filter((line) => line.includes('"reason":"ignored"'))).toEqual([]);
    expect(logLines.join("\n")).not.toContain("Nguy");
    expect(hid.openCount()).toBe(0);
  });

  test("reads the spare that is plugged in instead of a broken scanner on its lane", async () => {
    const { hid, station, scanner, becomes, stop } = await startReading();
    hid.plug({ ...scannerAt("/dev/hidraw0"), serialNumber: "H1" });
    await becomes("alive");
    hid.unplug("/dev/hidraw0");
    await becomes("lost");
    // The spare lies in a drawer.
    await wait(3_200);

    hid.plug({ ...scannerAt("/dev/hidraw1", 0x0b6a), serialNumber: "SPARE" });
    await until(() => scanner()?.state === "alive", "the spare", 5_000);
    hid.send("/dev/hidraw1", reportsOf(CCCD, "B"));
    await until(() => scanner()?.counts.scans === 1, "its card");
    await stop();

    expect(station.board.now().scanners).toHaveLength(2);
    expect(scanner()?.driver).toBe("Newland Made-up scanner (1eab:0b6a)");
    expect(hid.openCount()).toBe(0);
  });

  test("finds the scanner's lane again by its numbers after a restart", async () => {
    const { store } = await startTestStation();
    const before = createLaneNames(store.settings).laneOf(KEY);

    expect(createLaneNames(store.settings).laneOf(KEY)).toEqual(before);
  });
});
