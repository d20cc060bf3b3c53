import { describe, expect, test } from "vitest";
import { testFolder } from "../storage/test-book.ts";
import { startTestStation } from "./test-station.ts";

const CCCD =
  "079085012345|024681357|Nguyễn Văn Thử|15031985|Nam|12, Đường Số Một, Phường Mẫu, Bình Thuận|19042021";

describe("a station that may record nothing new", () => {
  test("takes no scan, shows no verdict, and still counts that its scanner reads", async () => {
    const { scan, station, verdicts, ticks } = await startTestStation();
    station.setOrder("upload-only");

    const outcome = scan(CCCD);

    expect(outcome).toMatchObject({ verdict: null, eventId: null, reason: "held" });
    expect(station.book.pendingCount()).toBe(0);
    expect([verdicts, ticks]).toEqual([[], []]);
    expect(station.board.now()).toMatchObject({
      order: "upload-only",
      scanners: [{ counts: { scans: 1, repeated: 0 } }],
    });
  });

  test("takes scans again from the moment that the province says so", async () => {
    const { scan, station } = await startTestStation();
    station.setOrder("wipe");
    scan(CCCD);
    station.setOrder("active");

    expect(scan(CCCD).verdict).toMatchObject({ kind: "in", recorded: true });
  });

  test("remembers the order over a restart, before it has met the province again", async () => {
    const dataDir = testFolder();
    const before = await startTestStation({ dataDir });
    before.station.setOrder("upload-only");
    before.station.close();
    before.store.close();

    const { scan, station } = await startTestStation({ dataDir });

    expect(station.order()).toBe("upload-only");
    expect(station.host.calls.hello().status.order).toBe("upload-only");
    expect(scan(CCCD).eventId).toBeNull();
  });

  test("refuses the keys that record, but hears what was done about a stop", async () => {
    const { station, scan } = await startTestStation();
    scan(CCCD);
    station.setOrder("upload-only");
    const { calls } = station.host;
    const held = { kind: "refused", reason: "held" };

    expect(calls.undoLast()).toEqual(held);
    expect(calls.setDirection("lane-1", "out")).toEqual(held);
    expect(calls.recordRepeatAsExit(1)).toEqual(held);
    expect(calls.acknowledgeStop(1, "mistaken")).toEqual({ kind: "done" });
    expect(station.book.pendingCount()).toBe(1);
  });

  test("records nothing for a chip either", async () => {
    const { station, verdicts } = await startTestStation();
    station.setOrder("upload-only");

    expect(station.takeChip({ kind: "alone" })).toMatchObject({ verdict: null, reason: "held" });
    expect(verdicts).toEqual([]);
  });
});
