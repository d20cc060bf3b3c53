import { resolve } from "node:path";
import { _electron } from "playwright-core";
import type { Page } from "playwright-core";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { findElectron } from "#main/open-window.ts";
import { startProvince, tempFolder } from "../e2e/province.ts";
import type { Province } from "../e2e/province.ts";
import { launchChromium, shoot } from "../screens/open-screen.ts";
import { createElectronDouble } from "./electron-double.ts";

const realElectron = findElectron(process.env);

/** The flags of a station that enrols with `province` and reads made-up cards, one a second. */
function flags(province: Province): readonly string[] {
  const dataDir = tempFolder("electron");
  const enrolment = ["--server", province.url, "--enrol", province.enrolmentCode];
  return [...enrolment, "--scanner", "demo:1", "--data", dataDir];
}

/** Made-up cards are scanned, shown, and known to the province. */
async function scansReachTheProvince(page: Page, province: Province): Promise<void> {
  await page.locator(".verdict, .half").first().waitFor({ timeout: 20_000 });
  await page.locator(".row").first().waitFor();
  await shoot(page, "electron-program");

  expect(await page.locator("html").getAttribute("lang")).toBe("vi");
  await vi.waitFor(async () => expect((await province.entryIds()).size).toBeGreaterThan(0), {
    timeout: 20_000,
    interval: 1000,
  });
}

test("the built program runs in the double of Electron, from the card to the province", async () => {
  const province = await startProvince();
  onTestFinished(async () => void (await province.terminate()));
  const browser = await launchChromium();
  onTestFinished(() => browser.close());
  const double = createElectronDouble(browser);
  vi.doMock("electron", () => double.electron);
  const argv = process.argv;
  process.argv = ["electron", ".", ...flags(province)];
  onTestFinished(() => void (process.argv = argv));

  const entry = resolve("out/main/electron.js");
  await import(entry);
  // Only now, as in Electron: an entry that waits for readiness while it is evaluated never gets here.
  double.becomeReady();
  const page = await vi.waitFor(() => {
    const opened = double.windows[0]?.page();
    if (opened === null || opened === undefined) throw new Error("no window yet");
    return opened;
  }, 10_000);
  await scansReachTheProvince(page, province);
  await page.close();

  await vi.waitFor(() => expect(double.record.exitCode).toBe(0), 10_000);
}, 120_000);

describe.skipIf(realElectron === null)("real Electron", () => {
  test("runs the built program from the card to the province", async () => {
    const province = await startProvince();
    onTestFinished(async () => void (await province.terminate()));
    const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    const electron = await _electron.launch({
      executablePath: realElectron ?? "",
      args: [...sandbox, resolve("."), ...flags(province)],
    });
    const page = await electron.firstWindow();
    await scansReachTheProvince(page, province);

    expect(await page.evaluate("typeof require + typeof process")).toBe("undefinedundefined");
    await electron.close();
  }, 120_000);
});
