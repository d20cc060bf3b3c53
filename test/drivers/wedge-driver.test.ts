import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createWedge } from "#drivers/wedge-driver.ts";
import { keepsTheContract, readsScans } from "./contract.ts";
import { press, typed } from "./keys.ts";
import { startReading } from "./reading.ts";
import { realClock } from "./real-clock.ts";

const ASCII_ONLY = /[^\x20-\x7e]/g;

/** A rig whose scanner types; what a keyboard cannot type comes as Alt codes. */
function openRig() {
  const wedge = createWedge(realClock);
  let timeMs = 0;
  const type = (text: string) => {
    timeMs += 1_000;
    for (const key of typed(text, timeMs, 2)) {
      wedge.pressKey(key);
      timeMs = key.timeMs + 2;
    }
  };
  return Promise.resolve({
    wedge,
    driver: wedge.driver,
    type,
    enter: () => wedge.pressKey(press("Enter", timeMs)),
  });
}

/** The contract's cards hold Vietnamese letters: whole bursts, as a screen that decodes by itself sends them. */
async function openBurstRig() {
  const { wedge, driver, type } = await openRig();
  return {
    driver,
    scan: async (payload: string) =>
      void wedge.pushBurst(
        payload.length > 4_096
          ? { kind: "dropped", reason: "oversize", byteCount: payload.length }
          : { kind: "scan", bytes: new TextEncoder().encode(payload) },
      ),
    sendHalf: async (payload: string) => type(payload.replaceAll(ASCII_ONLY, "").slice(0, 40)),
  };
}

describe("the keyboard wedge", () => {
  keepsTheContract(async () => (await openRig()).driver);
  readsScans(openBurstRig);

  test("reads typed cards, with Enter at once and without it at silence", async () => {
    const { driver, type, enter } = await openRig();
    const reading = startReading(driver);
    await reading.opened();

    type("079085012345||Nguyen Van Thu|15031985");
    enter();
    await reading.scansReach(1);
    type("079202000123");
    await reading.scansReach(2);
    await reading.stop();

    expect(reading.texts()).toEqual(["079085012345||Nguyen Van Thu|15031985", "079202000123"]);
    expect(reading.scans[0]).toMatchObject({ device: "wedge" });
  });

  test("answers for each key whether the screen may see it", async () => {
    const { wedge, driver } = await openRig();
    const keys = typed("079202000123");
    const unread = keys.map((key) => wedge.pressKey(key).isSwallowed);
    const reading = startReading(driver);
    await reading.opened();

    const read = keys.map((key) => wedge.pressKey(key).isSwallowed);
    await reading.stop();

    expect(unread).toEqual(Array(12).fill(false));
    expect(read).toEqual([...Array(3).fill(false), ...Array(9).fill(true)]);
  });

  test("hands on that an input method disturbed the scan", async () => {
    const { driver, wedge } = await openRig();
    const reading = startReading(driver);
    await reading.opened();

    for (const key of typed("07920200|Nguye")) wedge.pressKey(key);
    wedge.pressKey(press("Backspace", 14 * 8 + 8));
    wedge.pressKey(press("Enter", 14 * 8 + 16));
    await reading.scansReach(1);
    await reading.stop();

    expect(reading.scans[0]?.interference?.kind).toBe("input-method");
  });

  test("takes whole scans only while somebody reads, and not more than it can hold", async () => {
    const { driver, wedge } = await openRig();
    const burst = { kind: "scan", bytes: Uint8Array.of(0x30) } as const;
    const before = wedge.pushBurst(burst);
    const reading = startReading(driver);
    await reading.opened();

    const taken = Array.from({ length: 2_000 }, () => wedge.pushBurst(burst)).filter(
      Boolean,
    ).length;
    await wait(20);
    await reading.stop();

    expect(before).toBe(false);
    expect(taken).toBeGreaterThanOrEqual(1_000);
    expect(taken).toBeLessThan(1_010);
    expect(reading.scans).toHaveLength(taken);
  });
});
