import { resolve } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { BRIDGE_CHANNEL, runElectron } from "#main/electron-shell.ts";
import type { ElectronParts } from "#main/electron-shell.ts";
import { launchChromium, quietLog, shoot } from "../screens/open-screen.ts";
import { createScriptedHost } from "../screens/scripted-host.ts";
import { createElectronDouble } from "./electron-double.ts";
import { idle, openElectron } from "./open-electron.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const openShell = (change?: Partial<ElectronParts>) => openElectron(browser, change);

describe("the built preload and screens in Electron's shell", () => {
  test("show verdicts and send the guard's keys back over one channel", async () => {
    const { page, station } = await openShell();
    await idle(page);
    station.show({ name: "Lê T. Ổn" });
    await page.locator(".verdict .headline", { hasText: "Lê T. Ổn" }).waitFor();
    await shoot(page, "electron-in");
    await page.keyboard.press("F4");

    await vi.waitFor(() => expect(station.calls).toEqual([["undoLast"]]));
  });

  test("get the answer to what they asked before the station was there", async () => {
    const started = Promise.withResolvers<Awaited<ReturnType<ElectronParts["startStation"]>>>();
    const station = createScriptedHost();
    const { page } = await openShell({ startStation: () => started.promise });
    await page.locator(".shape-wait").waitFor();
    started.resolve({ host: station.host, takeKey: () => false, stop: () => Promise.resolve() });

    await idle(page);
    expect(station.helloCount()).toBe(1);
  });

  test("come back after a crash, a hang, and again", async () => {
    const { page, double } = await openShell();
    await idle(page);
    double.windows[0]?.webContents.emit("render-process-gone", {}, { reason: "crashed" });
    await vi.waitFor(() => expect(double.windows[0]?.loads).toHaveLength(2));
    double.windows[0]?.emit("unresponsive");

    await vi.waitFor(() => expect(double.windows[0]?.loads).toHaveLength(3), 5000);
    await idle(page);
  });

  test("are under a policy that runs no script of others and talks to nobody", async () => {
    const { page } = await openShell();
    await idle(page);
    await page.evaluate(`{
      const script = document.createElement("script");
      script.textContent = "window.planted = 1";
      document.body.append(script);
    }`);
    const fetched = page.evaluate(`fetch("/index.html").then(() => "fetched", () => "refused")`);

    expect(await page.evaluate("window.planted")).toBeUndefined();
    expect(await fetched).toBe("refused");
    expect(await page.evaluate("typeof require + typeof process")).toBe("undefinedundefined");
  });
});

describe("Electron's shell", () => {
  test("is sandboxed, without a menu, keeps the display on and refuses every permission", async () => {
    const { double } = await openShell();
    const { record } = double;
    const granted: boolean[] = [];
    for (const name of ["media", "serial", "hid", "usb", "notifications", "fullscreen"]) {
      record.onRequest?.(null, name, (isGranted) => granted.push(isGranted));
    }

    expect(record).toMatchObject({
      isSandboxed: true,
      menu: null,
      blocker: "prevent-display-sleep",
    });
    expect(granted).toEqual(Array(6).fill(false));
    expect([record.onCheck?.(), record.onDevice?.()]).toEqual([false, false]);
  });

  test("stays on its page: no navigation, no second window", async () => {
    const { page } = await openShell();
    await idle(page);
    const address = page.url();
    await page.evaluate(`location.href = "https://evil.example/"`);
    await page.evaluate(`location.href = "app://other/"`);
    await page.evaluate(`window.open("https://evil.example/")`);
    await vi.waitFor(() => expect(page.context().pages()).toHaveLength(1));
    await page.waitForTimeout(300);

    expect(page.url()).toBe(address);
    await idle(page);
  });

  test("serves its own files and nothing else", async () => {
    const { page, double } = await openShell();
    await idle(page);

    expect(await double.ask("app://station/")).toBe(200);
    expect(await double.ask("app://station/index.html")).toBe(200);
    for (const url of [
      "app://station/../../package.json",
      "app://station/..%2f..%2fpackage.json",
      "app://station/%2e%2e/preload/preload.cjs",
      "app://station/%E0%A4%A",
      "app://other/index.html",
    ]) {
      expect(await double.ask(url), url).toBe(404);
    }
  });

  test("hears only its own main frame, only text, only frames of a sane length", async () => {
    const { page, double, station } = await openShell();
    await idle(page);
    const undo = '{"t":"q","i":"1","m":"undoLast","a":[]}';
    const contents = double.windows[0]?.webContents;
    const frame = contents?.mainFrame;
    const strangers = [
      { sender: {}, senderFrame: frame },
      { sender: contents, senderFrame: { url: "app://station/" } },
      { sender: contents, senderFrame: null },
    ];
    for (const event of strangers) double.ipcMain.emit(BRIDGE_CHANNEL, event, undo);
    const ours = { sender: contents, senderFrame: frame };
    for (const bad of [undefined, 7, { t: "q" }, undo + " ".repeat(300_000)]) {
      double.ipcMain.emit(BRIDGE_CHANNEL, ours, bad);
    }
    await page.waitForTimeout(50);
    expect(station.calls).toEqual([]);

    double.ipcMain.emit(BRIDGE_CHANNEL, ours, undo);
    await vi.waitFor(() => expect(station.calls).toEqual([["undoLast"]]));
  });

  test("stops the station before it goes, when the window is closed", async () => {
    const shell = await openShell();
    await idle(shell.page);
    await shell.page.close();
    await shell.ended;

    expect(shell.stops()).toBe(1);
    expect(shell.station.screenCount()).toBe(0);
  });

  test("does not let Electron quit under a station that still writes", async () => {
    const shell = await openShell();
    await idle(shell.page);
    let isPrevented = false;
    shell.double.app.emit("before-quit", { preventDefault: () => (isPrevented = true) });
    await shell.ended;

    expect(isPrevented).toBe(true);
    expect(shell.stops()).toBe(1);
  });

  test("can be closed while the station waits for its enrolment", async () => {
    const shell = await openShell({ startStation: () => new Promise(() => {}) });
    await shell.page.close();

    await expect(shell.ended).resolves.toBeUndefined();
  });

  test("a second one on the same desktop opens nothing and ends at once", async () => {
    const double = createElectronDouble(browser, false);
    const startStation = vi.fn<ElectronParts["startStation"]>();
    const outDir = resolve("out");
    await runElectron({ electron: double.electron, startStation, outDir, log: quietLog });

    expect(startStation).not.toHaveBeenCalled();
    expect(double.windows).toEqual([]);
  });
});
