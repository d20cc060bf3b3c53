import { describe, expect, test } from "vitest";
import type { Dropped, Scan } from "#core/scan.ts";
import { createFramePump } from "#drivers/frame-pump.ts";
import { createFramer } from "#drivers/framing.ts";
import { createManualClock } from "./manual-clock.ts";

const GAP_MS = 90;
const START_MS = 1_000_000;

function openPump() {
  const clock = createManualClock();
  const scans: Scan[] = [];
  const dropped: Dropped[] = [];
  const pump = createFramePump<Uint8Array>({
    device: "serial:a",
    assembler: createFramer("scanner"),
    gapMs: () => GAP_MS,
    clock,
    onScan: (scan) => scans.push(scan),
    onDropped: (what) => dropped.push(what),
  });
  return {
    clock,
    dropped,
    pump,
    take: (text: string) => pump.take(new TextEncoder().encode(text)),
    scans: () =>
      scans.map(({ bytes, atMs }) => [new TextDecoder().decode(bytes), atMs - START_MS] as const),
    arrivals: () => scans.map(({ arrival }) => arrival),
  };
}

describe("the frame pump", () => {
  test("hands a terminated scan on at once, without any time passing", () => {
    const { take, scans } = openPump();

    take("079085012345\r");

    expect(scans()).toEqual([["079085012345", 0]]);
  });

  test("ends an unterminated scan one gap and a settling turn after its last byte, and dates it at that byte", async () => {
    const { clock, take, scans } = openPump();
    take("0790");
    await clock.advance(80);
    take("85012345");

    // The watch looks twice a gap: it sees the last byte at the end of the half in which it came.
    await clock.advance(10 + GAP_MS + 9);
    const before = scans();
    await clock.advance(1);

    expect(before).toEqual([]);
    expect(scans()).toEqual([["079085012345", 80]]);
  });

  test.each([
    ["in the first half of the gap", 20],
    ["in the second half of the gap", 60],
    ["in the settling turn", 95],
  ])("does not take a busy moment of this process, %s, for silence", async (_, ms) => {
    const { clock, take, scans } = openPump();
    take("079085012345||Nguyễn Văn ");
    await clock.advance(ms);

    // The bytes that came meanwhile are read a moment after the late timers ran.
    await clock.standStill(250);
    await clock.advance(5);
    take("Thử|15031985");
    await clock.advance(500);

    expect(scans().map(([text]) => text)).toEqual(["079085012345||Nguyễn Văn Thử|15031985"]);
  });

  test("says how each scan ended, and how long it took", async () => {
    const { clock, take, arrivals } = openPump();

    take("0790850");
    await clock.advance(40);
    take("12345\r079");
    await clock.advance(30);
    take("085012346\r");
    take("079085012347");
    await clock.advance(500);
    take("079085012348\r");

    expect(arrivals()).toEqual([
      { endedBy: "terminator", tookMs: 40 },
      { endedBy: "terminator", tookMs: 30 },
      { endedBy: "silence", tookMs: 0 },
      { endedBy: "terminator", tookMs: 0 },
    ]);
  });

  test("reports what is open as torn when the device closes, and takes nothing after", async () => {
    const { clock, pump, take, scans, dropped } = openPump();
    take("0790850");

    pump.stop();
    pump.stop();
    take("12345\r");
    await clock.advance(1_000);

    expect(scans()).toEqual([]);
    expect(dropped).toEqual([{ reason: "torn", byteCount: 7, device: "serial:a" }]);
  });
});
