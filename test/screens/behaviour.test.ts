import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { VerdictView } from "#contract/bridge.ts";
import { HOLD_MS } from "#renderer/stage.ts";
import { toneMs } from "#renderer/tones.ts";
import { vi as words } from "#ui/texts/vi.ts";
import { launchChromium, openScreen, PERSON_MS, shown } from "./open-screen.ts";
import type { OpenScreen } from "./open-screen.ts";
import { MORNING_MS, goodStatus, scanner, sixRows } from "./scripted-host.ts";

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

const stop: Partial<VerdictView> = { kind: "stop", reason: "watch-list", caseNumber: "07" };
const repeat: Partial<VerdictView> = {
  kind: "notice",
  reason: "repeat",
  recorded: false,
  earlierAtMs: MORNING_MS - 40_000,
  earlierDirection: "in",
};

async function press(key: string): Promise<void> {
  await screen.page.keyboard.press(key, { delay: PERSON_MS });
}

/** What the station was asked, once it was asked anything. */
async function asked(): Promise<readonly (readonly unknown[])[]> {
  await vi.waitFor(() => {
    if (screen.station.calls.length === 0) throw new Error("the station was not asked");
  });
  return screen.station.calls;
}

/** Waits for a sentence on the screen; how often it stands there. */
async function seen(text: string): Promise<number> {
  const found = screen.page.getByText(text);
  await found.first().waitFor();
  return found.count();
}

describe("a verdict", () => {
  test("goes back to idle by itself after three seconds", async () => {
    const { number } = screen.station.show({});
    await shown(screen.page, number);

    await screen.page.locator(".idle").waitFor({ timeout: 4500 });

    const frames = (await screen.frames()).filter(({ verdict }) => verdict === String(number));
    const stayedMs = (frames.at(-1)?.atMs ?? 0) - (frames[0]?.atMs ?? 0);
    expect(stayedMs).toBeGreaterThan(2700);
  });

  test("is painted in a frame of its own, before the list that comes with it", async () => {
    const [first] = sixRows;
    if (first === undefined) throw new Error("no rows");
    const { number } = screen.station.show({ name: "Lý T. Ậm" });
    screen.station.setRecent([{ ...first, eventId: "new", name: "Lý T. Ậm" }, ...sixRows]);
    await screen.page.locator(".row-name", { hasText: "Lý T. Ậm" }).waitFor();

    const frames = (await screen.frames()).filter(({ verdict }) => verdict === String(number));

    expect(frames[0]?.row).toBe(first.name);
    expect(frames.at(-1)?.row).toBe("Lý T. Ậm");
  });

  test("sounds before it is painted, without anybody having touched the page", async () => {
    const { number } = screen.station.show({});
    await shown(screen.page, number);
    const { number: second } = screen.station.show({ kind: "unknown", reason: "noise" });
    await shown(screen.page, second);
    await screen.page.waitForTimeout(50);

    const sounds = await screen.sounds();
    const frames = await screen.frames();

    expect(sounds.map(({ lengthMs }) => lengthMs)).toEqual([toneMs("in"), toneMs("unknown")]);
    expect(sounds.at(-1)?.contextState).toBe("running");
    const painted = frames.find(({ verdict }) => verdict === String(second));
    expect(sounds.at(-1)?.atMs).toBeLessThanOrEqual(painted?.atMs ?? 0);
  });

  test("in a burst of 60 the newest is on the screen, and each had its sound", async () => {
    let last = 0;
    for (let scan = 0; scan < 60; scan += 1) {
      last = screen.station.show({ name: `Người ${scan}` }).number;
    }
    await shown(screen.page, last);

    expect(await screen.page.locator(".verdict").count()).toBe(1);
    expect(await screen.page.locator(".headline").textContent()).toBe("Người 59");
    expect(await screen.sounds()).toHaveLength(60);
  });

  test("a notice shares the screen with the next one until it could be read", async () => {
    const { number } = screen.station.show({ kind: "notice", reason: "expired" });
    await shown(screen.page, number);
    const { number: next } = screen.station.show({});
    await shown(screen.page, next);

    expect(await screen.page.locator(".half").count()).toBe(2);
    await screen.page
      .locator(`.verdict[data-verdict="${next}"]`)
      .waitFor({ timeout: HOLD_MS + 800 });
  });

  test("is read out once, in few words", async () => {
    const { number } = screen.station.show({});
    await shown(screen.page, number);

    const spoken = await screen.page.locator("[aria-live=assertive]").textContent();
    expect(spoken).toBe("MỜI VÀO. Nguyễn T. N. Ẩn");
  });
});

describe("a stop", () => {
  test("is not covered by a burst of later verdicts, which stand under it", async () => {
    const { number } = screen.station.show(stop);
    let last = 0;
    for (let scan = 0; scan < 20; scan += 1) last = screen.station.show({}).number;
    await screen.page.locator(`.strip[data-verdict="${last}"]`).waitFor();

    const [big] = await screen.page.locator(`.verdict[data-verdict="${number}"]`).all();
    const box = await big?.boundingBox();
    const strip = await screen.page.locator(".strip").boundingBox();
    expect(box?.height).toBeGreaterThan(450);
    expect(strip?.y).toBeGreaterThanOrEqual((box?.y ?? 0) + (box?.height ?? 0) - 1);
  });

  test("F9 and 2 say that the person was turned away; then the gate goes on", async () => {
    const { number } = screen.station.show(stop);
    await shown(screen.page, number);
    await press("2");
    await press("F9");
    await screen.page.getByText(words.stop.question).waitFor();
    await press("2");

    await screen.page.locator(".idle").waitFor();
    expect(await asked()).toEqual([["acknowledgeStop", number, "turned-away"]]);
  });

  test("stays when its acknowledgement could not be saved", async () => {
    screen.station.setAnswer({ kind: "refused", reason: "not-saved" });
    const { number } = screen.station.show(stop);
    await shown(screen.page, number);
    await press("F9");
    await press("1");

    await screen.page.getByText(words.notes.notSaved).waitFor();
    expect(await screen.page.locator(`.verdict[data-verdict="${number}"]`).count()).toBe(1);
  });
});

describe("the keys", () => {
  test("F4 takes the last entry back and says so", async () => {
    await press("F4");

    await screen.page.getByText(words.notes.undone).waitFor();
    expect(await asked()).toEqual([["undoLast"]]);
  });

  test("F4 that comes too late is answered in words", async () => {
    screen.station.setAnswer({ kind: "refused", reason: "too-late" });
    await press("F4");

    expect(await seen(words.notes.tooLate)).toBe(1);
  });

  test("F6 on a repeat records an exit", async () => {
    const { number } = screen.station.show(repeat);
    await shown(screen.page, number);
    await press("F6");

    expect(await asked()).toEqual([["recordRepeatAsExit", number]]);
  });

  test("F6 and 2 make the lane a way out", async () => {
    await press("F6");
    await screen.page.getByText(words.keys.chooseDirection(null)).waitFor();
    await press("2");

    expect(await asked()).toEqual([["setDirection", "lane-1", "out"]]);
    await screen.page.getByText(words.notes.directionSet("out")).waitFor();
    expect(await screen.page.locator(".asked").count()).toBe(0);
  });

  test("F6 twice reaches the second scanner, Esc leaves without a change", async () => {
    screen.station.setStatus({ scanners: [scanner, { ...scanner, lane: "lane-2" }] });
    await screen.page.getByText(words.idle.scannerNumber(2)).first().waitFor();
    await press("F6");
    await press("F6");
    await press("Escape");
    await press("F6");
    await press("F6");
    await press("3");

    expect(await asked()).toEqual([["setDirection", "lane-2", "auto"]]);
  });

  test("F7 changes the language at once and F8 the letters, both kept over a reload", async () => {
    await press("F7");
    await screen.page.getByText("SCAN YOUR CODE").waitFor();
    await press("F8");

    const page = screen.page.locator("html");
    expect(await page.getAttribute("lang")).toBe("en");
    expect(await page.getAttribute("data-letters")).toBe("large");
    const kept = await screen.page.evaluate<string>(`localStorage.getItem("tramqr-display")`);
    expect(kept).toBe("en light large");
  });

  test("Enter and Space never press a button, even one that has the focus", async () => {
    await screen.page.evaluate(`document.querySelector("button").focus()`);
    for (const key of ["Enter", " ", "NumpadEnter"]) await press(key);
    await screen.page.keyboard.type("079123456789|123456789|Ng");
    await screen.page.waitForTimeout(200);

    expect(screen.station.calls).toEqual([]);
    expect(await screen.page.locator(".idle").count()).toBe(1);
  });

  test("a click on a button does what its key does, and takes no focus", async () => {
    await screen.page.getByRole("button", { name: "F4" }).click();

    expect(await asked()).toEqual([["undoLast"]]);
    expect(await screen.page.evaluate("document.activeElement === document.body")).toBe(true);
  });

  test("no shortcut of the browser gets through", async () => {
    const shortcuts = [
      "F1 F3 F5 F11 F12 Tab Delete Alt+Home Alt+ArrowLeft Shift+Escape".split(" "),
      "n t w o p s u h j l f r 0 Shift+I Shift+N Shift+T".split(" ").map((key) => `Control+${key}`),
    ].flat();
    for (const shortcut of shortcuts) await press(shortcut);

    // The page notes a key after it was handled; the last one says that all have been.
    const pressed = await vi.waitFor(async () => {
      const keys = await screen.page.evaluate<[string, boolean][]>("window.pressedKeys");
      expect(keys.at(-1)?.[0]).toBe("T");
      return keys;
    });
    expect(pressed.length).toBeGreaterThan(shortcuts.length);
    expect(pressed.filter(([, isPrevented]) => !isPrevented)).toEqual([]);
    expect(screen.station.calls).toEqual([]);
  });
});

describe("the connection", () => {
  test("comes back by itself after it broke, with what was missed", async () => {
    const before = screen.station.helloCount();
    await screen.page.evaluate("window.openedSockets.at(-1).close()");
    await vi.waitFor(() => expect(screen.shell.connections()).toBe(0));
    screen.station.setStatus({ insideCount: 4321 });
    const missed = screen.station.show(stop);
    screen.station.setOpenStops([missed]);

    await screen.page.getByText("4.321").waitFor();
    await shown(screen.page, missed.number);
    expect(screen.station.helloCount()).toBeGreaterThan(before);
    expect(screen.station.screenCount()).toBe(1);
  });

  test("a key pressed while the station is away is answered in words", async () => {
    await screen.shell.close();
    await press("F4");

    await screen.page
      .getByText(words.notes.noAnswer)
      .or(screen.page.getByText(words.frame.stationLost))
      .first()
      .waitFor();
    expect(screen.station.calls).toEqual([]);
  });

  test("what the station says later is shown: count, direction, scanner", async () => {
    screen.station.setStatus({
      insideCount: 1204,
      scanners: [{ ...scanner, state: "lost", trouble: "unplugged", sinceMs: goodStatus.nowMs }],
    });
    await screen.page.locator(".lost").waitFor();
    expect(await screen.page.locator(".banner").textContent()).toContain("MÁY QUÉT BỊ NGẮT");

    screen.station.setStatus({ scanners: [{ ...scanner, direction: "out" }] });
    await screen.page.getByText(words.idle.way.out).waitFor();
    await screen.page.getByText(words.notes.scannerBack).waitFor();
    expect(await screen.page.locator(".inside").textContent()).toContain("1.204");
  });
});

describe("the bundle", () => {
  function bytesOf(extension: string, weigh: (body: Buffer) => number): number {
    const folder = "out/renderer/assets";
    return readdirSync(folder)
      .filter((name) => name.endsWith(extension))
      .reduce((sum, name) => sum + weigh(readFileSync(join(folder, name))), 0);
  }

  test("is small: JavaScript at most 60 KB packed, fonts at most 120 KB", () => {
    const script = bytesOf(".js", (body) => gzipSync(body).length);
    const fonts = bytesOf(".woff2", (body) => body.length);

    expect(script).toBeGreaterThan(5_000);
    expect(script).toBeLessThanOrEqual(60_000);
    expect(fonts).toBeGreaterThan(20_000);
    expect(fonts).toBeLessThanOrEqual(120_000);
  });

  test("asks nobody but its own station", () => {
    const html = readFileSync("out/renderer/index.html", "utf8");
    const script = bytesOf(".js", (body) => (body.includes("https://") ? 1 : 0));

    expect(html).not.toMatch(/https?:/);
    expect(script).toBe(0);
  });
});
