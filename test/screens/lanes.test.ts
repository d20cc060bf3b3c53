import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { toneMs } from "#renderer/tones.ts";
import { vi as words } from "#ui/texts/vi.ts";
import { launchChromium, openScreen, PERSON_MS, shown } from "./open-screen.ts";
import type { OpenScreen } from "./open-screen.ts";
import { MORNING_MS, scanner } from "./scripted-host.ts";

let browser: Browser;
let screen: OpenScreen;

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());
beforeEach(async () => {
  screen = await openScreen(browser, { display: "vi light normal" });
});
afterEach(() => screen.close());

const second = { ...scanner, lane: "lane-2", direction: "out", sound: "low" } as const;
const lost = { state: "lost", trouble: "unplugged", sinceMs: MORNING_MS - 5_000 } as const;

const press = (key: string) => screen.page.keyboard.press(key, { delay: PERSON_MS });
const lengths = async () => (await screen.sounds()).map(({ lengthMs }) => lengthMs);

describe("the lanes of a gate in Chromium", () => {
  test("a code that is held too long ticks, and the verdict stays", async () => {
    const { number } = screen.station.show({});
    await shown(screen.page, number);

    screen.station.swallow("lane-1");
    await vi.waitFor(async () => expect(await lengths()).toHaveLength(2));

    expect(await lengths()).toEqual([toneMs("in"), toneMs("tick")]);
    expect(await screen.page.locator(`[data-verdict="${number}"]`).count()).toBe(1);
  });

  test("a lost scanner alarms until F9 says that it is known, and its return is told", async () => {
    screen.station.setStatus({ scanners: [scanner, { ...second, ...lost }] });
    await vi.waitFor(async () => expect(await lengths()).toEqual([toneMs("alarm")]), 4_000);

    await press("F9");
    await screen.page.getByText(words.notes.silenced).waitFor();
    expect(screen.station.calls).toEqual([["silenceAlarm"]]);
    screen.station.setStatus({ scanners: [scanner, { ...second, ...lost, isSilenced: true }] });
    await screen.page.getByRole("button", { name: words.keys.scanners }).waitFor();
    expect(await screen.page.getByRole("button", { name: words.keys.silence }).count()).toBe(0);
    screen.station.setStatus({ scanners: [scanner, second] });

    await screen.page.getByText(words.notes.scannerBack).waitFor();
    expect(await screen.page.locator(".banner.is-empty").count()).toBe(1);
    expect(await lengths()).toEqual([toneMs("alarm")]);
  });

  test("F10 opens the page of the scanners, which the next verdict covers", async () => {
    screen.station.setStatus({ scanners: [scanner, second] });
    await press("F10");
    await screen.page.locator(".scanners").waitFor();

    const { number } = screen.station.show({ lane: "lane-2" });
    await shown(screen.page, number);

    expect(await screen.page.locator(".scanners").count()).toBe(0);
    expect(await screen.page.locator(".lane-name").innerText()).toBe("Máy quét 2");
    await press("Escape");
    await screen.page.locator(".idle").waitFor({ timeout: 5_000 });
  });

  test("a stop that is open at the station is on the screen after a reload", async () => {
    const stop = screen.station.show({ kind: "stop", reason: "watch-list", caseNumber: "07" });
    await shown(screen.page, stop.number);
    screen.station.setOpenStops([stop]);

    await screen.page.reload();

    await shown(screen.page, stop.number);
    expect(await screen.page.locator(".verdict-stop .word").innerText()).toBe(words.stop.word);
  });
});
