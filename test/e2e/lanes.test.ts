import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import type { Page } from "playwright-core";
import { Type } from "typebox";
import { describe, expect, onTestFinished, test } from "vitest";
import { chromiumFlags } from "#main/chromium-flags.ts";
import { runAdmin, startProgram } from "./program.ts";
import { parse, tempFolder } from "./province.ts";
import { isChainTestable, openScanner } from "./scanner.ts";
import { until } from "./until.ts";

const CARD = "079085012345|024681357|Nguyễn Văn Thử|15031985|Nam|12, Đường Số Một|19042021";
const OTHER = "072303011829||Nguyễn Thị Mẫu|21032003|Nữ|Thôn Mẫu Ổn, An Mẫu|14082021";

/** A province, a station and a browser have to start; on a busy machine that is most of it. */
const TEST_LIMIT_MS = 120_000;

/** A scanner that is back is read within 3 s; the browser and a busy machine have the rest. */
const BACK_MS = 6_000;

async function openScreens(url: string): Promise<Page> {
  const browser = await chromium.launch({
    executablePath: process.env["TRAMQR_CHROMIUM"] ?? "/usr/bin/chromium",
    args: [...chromiumFlags, "--no-sandbox", "--disable-gpu"],
  });
  onTestFinished(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1366, height: 768 } });
  await page.addInitScript(`
    window.sounds = [];
    const start = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (...args) {
      window.sounds.push(Math.round(this.buffer.duration * 1000));
      return start.apply(this, args);
    };`);
  await page.goto(url);
  await page.locator(".idle").waitFor();
  return page;
}

describe.skipIf(!isChainTestable)("two lanes at one gate", () => {
  test(
    "one in, one out: a pulled cable alarms, the other lane goes on, and the cable put back is enough",
    async () => {
      const dataDir = tempFolder("lanes");
      const [inside, outside] = [await openScanner(), await openScanner()];
      writeFileSync(
        join(dataDir, "tramqr.toml"),
        [
          "[[lanes]]",
          `scanner = "serial:${inside.path}"`,
          'direction = "in"\nname = "vao"\nlabel = "Cửa vào"',
          "[[lanes]]",
          `scanner = "serial:${outside.path}"`,
          'direction = "out"\nname = "ra"\nlabel = "Cửa ra"\nsound = "low"',
        ].join("\n"),
      );
      const station = startProgram(["start", "--shell", "browser", "--data", dataDir]);
      const ready = await station.line("TramQR ready");
      const page = await openScreens(ready.split(" ")[2] ?? "");
      const verdict = (word: string, lane: string) =>
        page.locator(".verdict, .half").filter({ hasText: word }).getByText(lane).first().waitFor();
      const banner = page.locator(".banner");
      const lamp = (name: string) => page.locator(".lamps .lamp").filter({ hasText: name });

      await inside.scan(CARD);
      await verdict("MỜI VÀO", "Cửa vào");
      await outside.scan(CARD);
      await verdict("ĐÃ RA", "Cửa ra");

      await outside.unplug();
      await banner
        .getByText(/CỬA RA BỊ NGẮT từ \d\d:\d\d\. .*Máy quét khác vẫn dùng được\./)
        .waitFor();
      expect(await lamp("Cửa ra").innerText()).toContain("bị rút dây");
      expect(await lamp("Cửa vào").innerText()).toContain("tốt");
      await inside.scan(OTHER);
      await verdict("MỜI VÀO", "Cửa vào");
      const alarms = async () =>
        (await page.evaluate<number[]>("window.sounds")).filter((ms) => ms > 1_000).length;
      await until(async () => (await alarms()) > 0, "the alarm", 10_000);
      await page.keyboard.press("F9");
      await page.getByText("Đã tắt chuông.").waitFor();

      await outside.plug();
      const backMs = performance.now();
      await banner.waitFor({ state: "hidden" });
      expect(performance.now() - backMs).toBeLessThan(BACK_MS);
      await outside.scan(OTHER);
      await verdict("ĐÃ RA", "Cửa ra");

      expect(await page.locator("body").innerText()).not.toContain("079085012345");
      await until(
        async () => (await directions(dataDir)).length === 4,
        "four entries",
        20_000,
        500,
      );
      expect(await directions(dataDir)).toEqual(["in", "out", "in", "out"]);
      expect(await station.terminate()).toBe(0);
    },
    TEST_LIMIT_MS,
  );
});

const Entry = Type.Object({ seq: Type.Integer(), direction: Type.String() });

async function directions(dataDir: string): Promise<readonly string[]> {
  const { lines } = await runAdmin(dataDir, ["entries", "--ndjson"]);
  return lines
    .map((line) => parse(Entry, line))
    .toSorted((one, other) => one.seq - other.seq)
    .map((entry) => entry.direction);
}
