import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../../screens/open-screen.ts";
import { engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";

/** The narrowest telephone. */
const NARROW = { width: 320, height: 640 };

describe("the form of a place in Chromium", () => {
  let province: TestProvince;
  let browser: Browser;
  let base = "";
  beforeAll(async () => {
    province = await startTestProvince(engines[0]!);
    base = await province.app.listen({ host: "127.0.0.1", port: 0 });
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
    await province.stop();
  });

  async function problemsOf(page: Page): Promise<readonly string[]> {
    const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
    const wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
    return [
      ...violations.map((one) => `${one.id}: ${one.nodes[0]?.html ?? ""}`),
      ...(wide === true ? ["too wide"] : []),
    ];
  }

  test("is filled in without JavaScript, keeps what was typed, and leads to the owner's page", async () => {
    const context = await browser.newContext({ viewport: NARROW, javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${base}/dang-ky-co-so`);
    await page.getByLabel("Tên cơ sở").fill("Tạp hoá Mẫu");
    await page.locator("#commune").selectOption("25459");
    await page.locator("button[type=submit]").click();

    expect(await page.locator(".fault").count()).toBe(4);
    expect(await page.getByLabel("Tên cơ sở").inputValue()).toBe("Tạp hoá Mẫu");
    expect(await page.locator("#commune").inputValue()).toBe("25459");
    await page.locator("#type").selectOption("shop");
    await page.getByLabel("Địa chỉ").fill("Số 1, đường Mẫu");
    await page.getByLabel("Người phụ trách").fill("Nguyễn Văn Mẫu");
    await page.getByLabel("Số điện thoại").fill("0900 000 000");
    await page.locator("button[type=submit]").click();
    await page.locator("main .number a").click();

    expect(await page.locator("h1").textContent()).toBe("Tạp hoá Mẫu");
    expect(await page.locator("main").textContent()).toContain("Đang chờ");
    await context.close();
  });

  test("and what follows it have no axe violation and fit into 320 pixels", async () => {
    const context = await browser.newContext({ viewport: NARROW, bypassCSP: true });
    const page = await context.newPage();
    await page.goto(`${base}/dang-ky-co-so`);
    expect(await problemsOf(page)).toEqual([]);
    await page.locator("button[type=submit]").click();
    await page.locator("[role=alert]").waitFor();
    expect(await problemsOf(page)).toEqual([]);
    await page.getByLabel("Tên cơ sở").fill("Quán Mẫu");
    await page.locator("#type").selectOption("restaurant");
    await page.getByLabel("Địa chỉ").fill("Số 2, đường Mẫu");
    await page.locator("#commune").selectOption("25480");
    await page.getByLabel("Người phụ trách").fill("Trần Thị Mẫu");
    await page.getByLabel("Số điện thoại").fill("0900000000");
    await page.locator("button[type=submit]").click();
    expect(await problemsOf(page)).toEqual([]);
    await province.pool.query("UPDATE places SET state = 'approved' WHERE name = 'Quán Mẫu'");
    await page.locator("main .number a").click();
    await page.locator("h2").first().waitFor();

    expect(await page.locator("main").textContent()).toContain("Áp phích khổ A4");
    expect(await problemsOf(page)).toEqual([]);
    await context.close();
  });
});
