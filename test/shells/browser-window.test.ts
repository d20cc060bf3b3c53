import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { openBrowserWindow } from "#main/browser-window.ts";
import type { BrowserWindow } from "#main/browser-window.ts";
import { CHROMIUM, quietLog } from "../screens/open-screen.ts";
import { createScriptedHost } from "../screens/scripted-host.ts";
import { commandLinesWith } from "./processes.ts";
import { canShowWindows, openDisplay } from "./x-display.ts";

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "tramqr-window-"));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

async function open(environment: Readonly<Record<string, string | undefined>>) {
  const station = createScriptedHost();
  const window: BrowserWindow = await openBrowserWindow({
    host: station.host,
    rendererDir: "out/renderer",
    port: 0,
    dataDir,
    mode: "window",
    environment,
    log: quietLog,
  });
  onTestFinished(() => window.close());
  return { station, window };
}

/** Where a browser's profile lies whose user cannot reach the data folder. */
function temporaryProfiles(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith("tramqr-screen-"));
}

describe("the station's window", () => {
  test("is only an address where there is no browser, or no display", async () => {
    const without = await open({ TRAMQR_CHROMIUM: "/nowhere/chromium", DISPLAY: ":0" });
    const blind = await open({ TRAMQR_CHROMIUM: process.execPath });

    expect(without.window.missing).toBe("no-browser");
    expect(blind.window.missing).toBe(process.platform === "linux" ? "no-display" : null);
    expect((await fetch(without.window.newTicketUrl(), { redirect: "manual" })).status).toBe(303);
  });

  test.runIf(canShowWindows).each([
    ["a window", undefined, false],
    ["the whole screen when asked for", "1", true],
  ])(
    "is %s, and gone when it is closed",
    async (_name, kiosk, isKiosk) => {
      const display = await openDisplay();
      onTestFinished(() => display.close());
      const before = temporaryProfiles();
      const { station, window } = await open({
        ...process.env,
        ...display.environment,
        TRAMQR_CHROMIUM: CHROMIUM,
        TRAMQR_KIOSK: kiosk,
      });
      await vi.waitFor(() => expect(station.screenCount()).toBe(1), { timeout: 20_000 });

      expect(window.missing).toBeNull();
      expect(window.executable).toBe(CHROMIUM);
      expect(window.origin).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect(commandLinesWith(window.origin).some((line) => line.includes("--kiosk"))).toBe(
        isKiosk,
      );
      await window.close();
      await vi.waitFor(() => expect(commandLinesWith(window.origin)).toEqual([]));
      expect(temporaryProfiles()).toEqual(before);
    },
    60_000,
  );
});
