import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { createDemoCards } from "#drivers/demo-cards.ts";
import { startBrowserShell } from "#main/browser-shell.ts";
import { chromiumFlags } from "#main/chromium-flags.ts";
import { createLog } from "#main/log.ts";
import { systemRandom } from "#main/system-ports.ts";
import { benchEnrolment, openBenchStation } from "./bench-station.ts";
import { percentile, within } from "./measure.ts";
import type { Measured } from "./measure.ts";

const SCANS = 120;
const SLOWER = 6;
const PAUSE_MS = 150;

/** Notes when each verdict has been painted: two frames after its panel came into the page. */
const WATCH = `
window.painted = {};
new MutationObserver(() => {
  const panel = document.querySelector("[data-verdict]");
  const number = panel?.getAttribute("data-verdict");
  if (!number || window.painted[number]) return;
  window.painted[number] = -1;
  requestAnimationFrame(() => setTimeout(() => { window.painted[number] = performance.timeOrigin + performance.now(); }));
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-verdict"] });
`;

/** Last byte → verdict painted, in Chromium with its CPU throttled six times, over the real station and browser shell. */
export async function benchScanPainted(): Promise<readonly Measured[]> {
  const dataDir = mkdtempSync(join(tmpdir(), "tramqr-bench-"));
  const bench = await openBenchStation(dataDir, benchEnrolment());
  const shell = await startBrowserShell({
    host: bench.station.host,
    rendererDir: "out/renderer",
    port: 0,
    log: createLog(() => {}),
  });
  const browser = await chromium.launch({
    executablePath: process.env["TRAMQR_CHROMIUM"] ?? "/usr/bin/chromium",
    args: [...chromiumFlags, "--no-sandbox", "--disable-gpu"],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1366, height: 768 } });
    await page.addInitScript(WATCH);
    await page.goto(shell.newTicketUrl());
    await page.locator(".idle").waitFor();
    const session = await page.context().newCDPSession(page);
    await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
    const started = new Map<number, number>();
    const cards = createDemoCards(systemRandom, () => Date.now());
    for (let scan = 0; scan < SCANS; scan += 1) {
      const at = performance.timeOrigin + performance.now();
      const bytes = Buffer.from(cards.next());
      const { verdict } = bench.station.take(
        { bytes, atMs: Date.now(), device: "bench" },
        "lane-1",
      );
      if (verdict !== null) started.set(verdict.number, at);
      await page.waitForTimeout(PAUSE_MS);
    }
    const painted = await page.evaluate<Record<string, number>>("window.painted");
    const times = [...started]
      .map(([number, at]) => (painted[String(number)] ?? -1) - at)
      .filter((ms) => ms > 0);
    const name = (percent: number) => `scan → painted, CPU ${SLOWER} × slower, p${percent}`;
    return [
      within({
        name: name(50),
        unit: "ms",
        n: times.length,
        ours: percentile(times, 50),
        limitMs: 40,
      }),
      within({
        name: name(95),
        unit: "ms",
        n: times.length,
        ours: percentile(times, 95),
        limitMs: 100,
      }),
    ];
  } finally {
    await browser.close();
    await shell.close();
    bench.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
