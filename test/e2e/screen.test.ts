import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { describe, expect, onTestFinished, test } from "vitest";
import { chromiumFlags } from "#main/chromium-flags.ts";
import { startProgram } from "./program.ts";
import { isChainTestable, openScanner } from "./scanner.ts";

const CARD = "079085012345|024681357|Nguyễn Văn Thử|15031985|Nam|12, Đường Số Một|19042021";
const PAYMENT =
  "00020101021138570010A00000072701270006970403011300110123456780208QRIBFTTA53037045802VN63049E6F";
const SHOTS = "artefacts/e2e";

describe.skipIf(!isChainTestable)("the whole chain to the eye", () => {
  test("a card at a serial scanner becomes a verdict in Chromium, and the row in the strip", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "tramqr-e2e-screen-"));
    onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
    const scanner = await openScanner();
    // Without a display the station prints the address that opens its screens once.
    const station = startProgram([
      "start",
      "--shell",
      "browser",
      "--scanner",
      `serial:${scanner.path}`,
      "--data",
      dataDir,
    ]);
    const ready = await station.line("TramQR ready");
    const url = ready.split(" ")[2] ?? "";
    const browser = await chromium.launch({
      executablePath: process.env["TRAMQR_CHROMIUM"] ?? "/usr/bin/chromium",
      args: [...chromiumFlags, "--no-sandbox", "--disable-gpu"],
    });
    onTestFinished(() => browser.close());
    const page = await browser.newPage({ viewport: { width: 1366, height: 768 } });
    await page.goto(url);
    await page.locator(".idle").waitFor();
    mkdirSync(SHOTS, { recursive: true });

    await scanner.scan(CARD);
    await page.locator(".verdict .word").getByText("MỜI VÀO").waitFor({ timeout: 5_000 });
    await page.locator(".verdict").getByText("Nguyễn V. Thử").waitFor();
    await page.screenshot({ path: join(SHOTS, "card.png") });

    await scanner.scan(PAYMENT);
    await page.locator(".verdict-unknown").waitFor({ timeout: 5_000 });
    await page.screenshot({ path: join(SHOTS, "payment.png") });
    expect(await page.locator("body").innerText()).not.toContain("A000000727");
    expect(await page.locator("body").innerText()).not.toContain("079085012345");

    expect(await (await browser.newPage()).goto(url).then((answer) => answer?.status())).toBe(403);
    expect(await station.terminate()).toBe(0);
    await station.line("TramQR stopped");
  });
});
