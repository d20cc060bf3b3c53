import { describe, expect, test } from "vitest";
import type { NetworkView, ScannerView, StatusView } from "#contract/bridge.ts";
import { bannerFor } from "#renderer/banner.ts";
import { lampsOf } from "#renderer/lamps.ts";
import { en } from "#ui/texts/en.ts";
import { vi } from "#ui/texts/vi.ts";
import { MORNING_MS, goodStatus, scanner } from "./scripted-host.ts";

const MINUTE = 60_000;
const GIB = 1_073_741_824;

function banner(change: Partial<StatusView>, nowMs = MORNING_MS) {
  return bannerFor({ ...goodStatus, ...change }, nowMs, vi);
}

function network(change: Partial<NetworkView>): Partial<StatusView> {
  return { network: { ...goodStatus.network, ...change } };
}

const lost: ScannerView = {
  ...scanner,
  state: "lost",
  trouble: "unplugged",
  sinceMs: MORNING_MS - 5 * MINUTE,
};
const offline = network({ state: "offline", sinceMs: MORNING_MS - 15 * MINUTE, pending: 37 });

describe("the banner", () => {
  test("is absent when all is well", () => {
    expect(banner({})).toBeNull();
  });

  test("says the most important trouble and only that", () => {
    const troubles: readonly (readonly [Partial<StatusView>, string])[] = [
      [{ commitFailing: true }, "CHƯA GHI ĐƯỢC"],
      [{ scanners: [lost] }, "MÁY QUÉT BỊ NGẮT từ 08:00. Cắm lại dây USB. Trong lúc chờ, ghi sổ"],
      [{ clockOffsetMs: 2 * 3_600_000 + 14 * MINUTE }, "chậm 2 giờ 14 phút"],
      [{ diskFreeBytes: 480 * 1_048_576 }, "còn 480 MB"],
      [offline, "Mất mạng từ 07:50 – vẫn quét bình thường. 37 lượt chờ gửi."],
    ];

    for (let first = 0; first < troubles.length; first += 1) {
      const all = Object.assign({}, ...troubles.slice(first).map(([status]) => status));
      expect(banner(all)?.text).toContain(troubles[first]?.[1]);
    }
  });

  test("names the input method after a lost scanner and before the clock", () => {
    const disturbed = { ...scanner, lane: "wedge", isDisturbed: true };

    expect(banner({ scanners: [disturbed], clockOffsetMs: 90_000 })?.text).toContain("Tắt Unikey");
    expect(banner({ scanners: [disturbed, lost] })?.text).toContain("BỊ NGẮT");
    expect(banner({ scanners: [{ ...disturbed, isDisturbed: false }] })).toBeNull();
  });

  test("calls the clock wrong from one minute on, in both directions", () => {
    expect(banner({ clockOffsetMs: 59_999 })).toBeNull();
    expect(banner({ clockOffsetMs: 60_000 })?.text).toContain("chậm 1 phút");
    expect(banner({ clockOffsetMs: -60_000 })?.text).toContain("nhanh 1 phút");
    expect(banner({ clockOffsetMs: null })).toBeNull();
  });

  test("speaks of the disk below 1 GiB in amber, below 200 MiB in red", () => {
    expect(banner({ diskFreeBytes: GIB })).toBeNull();
    expect(banner({ diskFreeBytes: GIB - 1 })?.tone).toBe("amber");
    expect(banner({ diskFreeBytes: 200 * 1_048_576 - 1 })?.tone).toBe("red");
    expect(banner({ diskFreeBytes: null })).toBeNull();
  });

  test("speaks of the network after a minute, whether it tries again or not", () => {
    const young = { sinceMs: MORNING_MS - MINUTE + 1 };
    const old = { sinceMs: MORNING_MS - MINUTE };

    expect(banner(network({ state: "offline", ...young }))).toBeNull();
    expect(banner(network({ state: "offline", ...old }))?.tone).toBe("amber");
    expect(banner(network({ state: "connecting", ...old }))?.tone).toBe("amber");
  });

  test("names the day when the network went away before today", () => {
    const sinceMs = MORNING_MS - 24 * 60 * MINUTE;

    expect(banner(network({ state: "offline", sinceMs }))?.text).toContain("từ 08:05 22/11");
  });

  test("speaks of a backlog only while online and older than a minute", () => {
    const behind = { pending: 1204, oldestPendingMs: MORNING_MS - MINUTE };

    expect(banner(network(behind))?.text).toBe(
      "Đang gửi bù: còn 1.204 lượt. Vẫn quét bình thường.",
    );
    expect(banner(network({ ...behind, oldestPendingMs: MORNING_MS - 59_000 }))).toBeNull();
  });

  test("asks for the supervisor when the backlog is a day old or very long", () => {
    const oldestPendingMs = MORNING_MS - 25 * 60 * MINUTE;

    expect(banner(network({ pending: 3, oldestPendingMs }))?.text).toContain("Báo trưởng ca.");
    expect(
      banner({ ...offline, ...network({ state: "offline", sinceMs: 0, pending: 20_001 }) })?.text,
    ).toContain("Báo trưởng ca.");
  });

  test("says why the province refuses, and reads a code out that it does not know", () => {
    const refused = (code: string) => banner(network({ state: "refused", code }))?.text;

    expect(refused("station-revoked")).toContain("trạm đã bị thu hồi");
    expect(refused("key-too-old")).toContain("key-too-old");
    expect(banner(network({ state: "not-enrolled", pending: 4 }))?.text).toContain("4 lượt");
  });

  test("names which of two scanners is lost", () => {
    const status = { ...goodStatus, scanners: [scanner, { ...lost, lane: "lane-2" }] };

    expect(bannerFor(status, MORNING_MS, vi)?.text).toBe(
      "MÁY QUÉT 2 BỊ NGẮT từ 08:00. Cắm lại dây USB. Máy quét khác vẫn dùng được.",
    );
    expect(bannerFor(status, MORNING_MS, en)?.text).toContain("SCANNER 2 LOST");
    const labelled = { ...lost, lane: "lane-2", label: "Cửa phải" };
    expect(banner({ scanners: [scanner, labelled] })?.text).toContain("CỬA PHẢI BỊ NGẮT");
  });

  test("says that nothing works when all scanners are lost, and who holds a busy one", () => {
    const held = { ...lost, trouble: "busy", holder: "ModemManager" } as const;

    expect(banner({ scanners: [held, { ...lost, lane: "lane-2" }] })?.text).toBe(
      "TẤT CẢ MÁY QUÉT BỊ NGẮT từ 08:00. Chương trình ModemManager đang dùng máy quét. " +
        "Trong lúc chờ, ghi sổ giấy.",
    );
  });

  test("asks for a test card when a scanner that types was silent for half an hour of the day", () => {
    const typing = { ...scanner, driver: "wedge", lastScanAtMs: MORNING_MS } as const;
    const after = (minutes: number, change: Partial<ScannerView> = {}) =>
      banner({ scanners: [{ ...typing, ...change }] }, MORNING_MS + minutes * MINUTE)?.text;

    expect(after(29)).toBeUndefined();
    expect(after(30)).toBe("Chưa thấy máy quét đọc mã nào từ 08:05. Xin quét thử một thẻ.");
    expect(after(30, { driver: "serial:COM3" })).toBeUndefined();
    expect(after(12 * 60)).toBeUndefined();
    // The night before does not count.
    expect(after(-40, { lastScanAtMs: MORNING_MS - 600 * MINUTE, sinceMs: 0 })).toBeUndefined();
  });
});

describe("the lamps", () => {
  function states(change: Partial<StatusView>): readonly string[] {
    return lampsOf({ ...goodStatus, ...change }, MORNING_MS, vi).map(
      ({ name, state, level }) => `${name}: ${state} (${level})`,
    );
  }

  test("say in words how every scanner and the network are", () => {
    expect(states({})).toEqual(["Máy quét: tốt (good)", "Mạng: tốt (good)"]);
    expect(states({ scanners: [scanner, { ...lost, lane: "lane-2" }] })).toEqual([
      "Máy quét 1: tốt (good)",
      "Máy quét 2: bị rút dây (bad)",
      "Mạng: tốt (good)",
    ]);
  });

  test("warn of a scanner that has read nothing for half an hour, and forgive it at the next code", () => {
    const nowMs = MORNING_MS + 31 * MINUTE;
    const lamp = (lastScanAtMs: number) =>
      lampsOf({ ...goodStatus, scanners: [{ ...scanner, lastScanAtMs }] }, nowMs, vi)[0];

    expect(lamp(MORNING_MS)).toMatchObject({ state: "lâu chưa đọc", level: "warn" });
    expect(lamp(nowMs - MINUTE)).toMatchObject({ state: "tốt", level: "good" });
  });

  test("warn of the network from its first failure", () => {
    expect(states(network({ state: "offline", sinceMs: MORNING_MS })).at(-1)).toBe(
      "Mạng: mất (warn)",
    );
    expect(states(network({ pending: 9, oldestPendingMs: MORNING_MS - MINUTE })).at(-1)).toBe(
      "Mạng: đang gửi bù (warn)",
    );
  });
});
