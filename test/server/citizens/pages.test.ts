import { mkdirSync } from "node:fs";
import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mod11CheckDigit } from "#core/check-digits.ts";
import { forms } from "#server/citizens/forms.ts";
import { launchChromium } from "../../screens/open-screen.ts";
import { engines, startTestProvince } from "../support/province.ts";
import type { TestProvince } from "../support/province.ts";
import { ANSWERS } from "./desk.ts";

const CODE = `12345678${mod11CheckDigit("12345678")}`;
const SHOTS = "artefacts/citizens";
/** The narrowest telephone. */
const NARROW = { width: 320, height: 640 };
const paths = [
  `/c/${CODE}`,
  "/c/99998888",
  ...Object.values(forms).flatMap(({ path }) => path ?? []),
];

describe("citizens' pages in Chromium", () => {
  let province: TestProvince;
  let browser: Browser;
  let base = "";
  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    province = await startTestProvince(engines[0]!);
    await province.pool.query(
      "INSERT INTO places (place, name, short_code, made_at_ms) VALUES ('p-mau', 'Nhà văn hóa Mẫu', $1, 0)",
      [CODE],
    );
    base = await province.app.listen({ host: "127.0.0.1", port: 0 });
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
    await province.stop();
  });

  async function within(options: object, work: (page: Page) => Promise<void>): Promise<void> {
    const context: BrowserContext = await browser.newContext({ viewport: NARROW, ...options });
    try {
      await work(await context.newPage());
    } finally {
      await context.close();
    }
  }

  async function problemsOf(page: Page, name: string): Promise<readonly string[]> {
    await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
    const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
    const wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
    return [
      ...violations.map((one) => `${one.id}: ${one.nodes[0]?.html ?? ""}`),
      ...(wide === true ? ["too wide"] : []),
    ];
  }

  test("every page, with a mistake at every field, has no axe violation and fits into 320 pixels", async () => {
    await within({ bypassCSP: true }, async (page) => {
      await page.goto(base + paths[0]!);
      expect(await problemsOf(page, "empty")).toEqual([]);
      for (const [index, path] of paths.entries()) {
        await page.goto(base + path);
        await page.locator("button[type=submit]").click();
        await page.locator("[role=alert]").waitFor();
        expect([path, await problemsOf(page, `mistakes-${index}`)]).toEqual([path, []]);
      }
      await page.goto(`${base}/docs`);
      expect(await problemsOf(page, "docs")).toEqual([]);
      await page.goto(`${base}/c/abc`);
      expect(await problemsOf(page, "not-found")).toEqual([]);
      expect(await page.locator("h1").textContent()).toBe("Không có trang này");
    });
  }, 90_000);

  async function fill(page: Page, answers: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, answer] of Object.entries(answers)) {
      const field = page.locator(`[name="${name}"]`).first();
      const type = await field.getAttribute("type");
      if (type === "radio") await page.locator(`[name="${name}"][value="${answer}"]`).check();
      else if (type === "checkbox") await field.check();
      else await field.fill(answer);
    }
  }

  test("without JavaScript and with the keyboard alone: a mistake is named, mended, and the check-in taken", async () => {
    await within({ javaScriptEnabled: false }, async (page) => {
      await page.goto(`${base}/c/${CODE}`);
      await fill(page, { ...ANSWERS, document: "12345" });
      await page.locator("[name=phone]").press("Enter");
      expect(await page.locator("#document-fault").textContent()).toContain(
        "Không nhận ra số giấy tờ",
      );
      expect(await page.locator("[name=name]").inputValue()).toBe(ANSWERS.name);
      expect(await page.locator("[name=consent]").isChecked()).toBe(true);

      await page.locator("[name=document]").fill(ANSWERS.document);
      await page.locator("[name=document]").press("Enter");

      expect(await page.locator("h1").textContent()).toBe("Đã ghi nhận lượt vào");
      expect(await page.locator(".done").textContent()).toContain("Nhà văn hóa Mẫu");
      expect(new URL(page.url()).search).toBe("");
      await page.reload();
      expect(await page.locator(".done").textContent()).toContain("chỉ tính một lần");
    });
  });

  test("receipts have no axe violation, and a code's card prints alone", async () => {
    await within({ bypassCSP: true }, async (page) => {
      await page.goto(`${base}/ma-ca-nhan`);
      const { name, document, birth_date, consent } = ANSWERS;
      await fill(page, { name, document, birth_date, consent });
      await page.locator("button[type=submit]").click();
      await page.locator(".card svg").waitFor();

      expect(await problemsOf(page, "code")).toEqual([]);
      await page.emulateMedia({ media: "print" });
      expect(await page.locator("footer").isVisible()).toBe(false);
      expect(await page.locator(".card svg").isVisible()).toBe(true);
      const box = await page.locator(".card svg").boundingBox();
      // 45 modules and more of half a millimetre (96 pixels an inch).
      expect(box?.width ?? 0).toBeGreaterThan((45 * 0.5 * 96) / 25.4);
    });
  });
});
