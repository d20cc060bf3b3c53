import { resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { onTestFinished, vi } from "vitest";
import { runElectron } from "#main/electron-shell.ts";
import type { ElectronParts } from "#main/electron-shell.ts";
import { quietLog } from "../screens/open-screen.ts";
import { createScriptedHost } from "../screens/scripted-host.ts";
import type { ScriptedHost } from "../screens/scripted-host.ts";
import { createElectronDouble } from "./electron-double.ts";
import type { ElectronDouble } from "./electron-double.ts";

/** The shell, its window and its scripted station. */
export type OpenElectron = {
  readonly double: ElectronDouble;
  readonly station: ScriptedHost;
  readonly page: Page;
  readonly ended: Promise<void>;
  readonly stops: () => number;
};

/** The shell over a scripted station in a window of the double. */
export async function openElectron(
  browser: Browser,
  change: Partial<ElectronParts> = {},
): Promise<OpenElectron> {
  const double = createElectronDouble(browser);
  const station = createScriptedHost();
  let stops = 0;
  const ended = runElectron({
    electron: double.electron,
    startStation: () =>
      Promise.resolve({
        host: station.host,
        takeKey: () => false,
        stop: () => Promise.resolve(void (stops += 1)),
      }),
    outDir: resolve("out"),
    log: quietLog,
    ...change,
  });
  double.becomeReady();
  const page = await vi.waitFor(() => {
    const opened = double.windows[0]?.page();
    if (opened === null || opened === undefined) throw new Error("no window yet");
    return opened;
  }, 10_000);
  onTestFinished(async () => {
    await page.context().close();
    await ended;
  });
  return { double, station, page, ended, stops: () => stops };
}

/** Waits until the screen is ready. */
export async function idle(page: Page): Promise<void> {
  await page.locator(".idle .ways").waitFor({ state: "attached" });
}
