import { EventEmitter } from "node:events";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { characterOf } from "#core/wedge-keys.ts";
import type { KeyPress } from "#core/wedge-run.ts";
import { createWedge } from "#drivers/wedge-driver.ts";
import { readKeys } from "#main/electron-keys.ts";
import { vi as words } from "#ui/texts/vi.ts";
import { press, typed } from "../drivers/keys.ts";
import { startReading } from "../drivers/reading.ts";
import { realClock } from "../drivers/real-clock.ts";
import { launchChromium, PERSON_MS } from "../screens/open-screen.ts";
import { createScriptedHost } from "../screens/scripted-host.ts";
import { createTypist, onLayout } from "../screens/typist.ts";
import { idle, openElectron } from "./open-electron.ts";

/** Begins like an answer to a question, and has every key that presses a button. */
const CODE = "123 231 312 Code Mau|79085012345";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** Electron's shell over a real wedge; a key goes to main first, and to the page unless main took it. */
async function openWithWedge() {
  const wedge = createWedge(realClock);
  const reading = startReading(wedge.driver);
  await reading.opened();
  onTestFinished(() => reading.stop());
  const station = createScriptedHost();
  const { page, double } = await openElectron(browser, {
    startStation: () =>
      Promise.resolve({
        host: station.host,
        takeKey: (key) => wedge.pressKey(key).isSwallowed,
        stop: () => Promise.resolve(),
      }),
  });
  await idle(page);
  const { type } = await createTypist(page);
  const contents = double.windows[0]?.webContents;
  const scan = async (text: string) => {
    const keys = typed(text);
    const all = [...keys, press("Enter", (keys.at(-1)?.timeMs ?? 0) + 8)];
    const passed = all.filter((key) => contents !== undefined && !isTaken(contents, key));
    const us = (key: KeyPress) => characterOf(key.code, key.shift) ?? key.key;
    await type(onLayout(passed, us));
    return passed.length;
  };
  const person = (key: string) => page.keyboard.press(key, { delay: PERSON_MS });
  return { page, station, reading, contents, scan, person };
}

/** Down and up, as Electron tells main of them; true when the page sees neither. */
function isTaken(contents: EventEmitter, key: KeyPress): boolean {
  const answers = ["keyDown", "keyUp"].map((type) => {
    let isPrevented = false;
    const event = { preventDefault: () => (isPrevented = true) };
    contents.emit("before-input-event", event, { ...inputOf(key), type });
    return isPrevented;
  });
  expect(new Set(answers).size).toBe(1);
  return answers.every(Boolean);
}

function inputOf(key: KeyPress) {
  const { shift, ctrl: control, alt, meta } = key;
  return {
    code: key.code,
    key: key.key,
    isAutoRepeat: key.isRepeat,
    isComposing: false,
    shift,
    control,
    alt,
    meta,
    location: 0,
    modifiers: [],
  };
}

describe("a scanner that types into Electron's window", () => {
  test("is read in main; the page sees no more than its first keys and does nothing", async () => {
    const { page, station, reading, scan } = await openWithWedge();
    await page.evaluate(`{
      window.clicks = 0;
      for (const button of document.querySelectorAll("button"))
        button.addEventListener("click", () => (window.clicks += 1));
      document.querySelector("button").focus();
    }`);
    const passed = await scan(CODE);
    await reading.scansReach(1);
    await page.waitForTimeout(200);

    expect(reading.texts()).toEqual([CODE]);
    // Three keys are enough to know; a stall of this process in between costs one more.
    expect(passed).toBeGreaterThan(2);
    expect(passed).toBeLessThan(8);
    expect(await page.evaluate("window.clicks")).toBe(0);
    expect(station.calls).toEqual([]);
    expect(station.typed).toEqual([]);
  });

  test("answers no question that is open, and a person does", async () => {
    const { page, station, reading, scan, person } = await openWithWedge();
    const { number } = station.show({ kind: "stop", reason: "watch-list" });
    await person("F9");
    await page.getByText(words.stop.question).waitFor();
    await scan(CODE);
    await reading.scansReach(1);
    await page.waitForTimeout(200);
    expect(station.calls).toEqual([]);

    await person("1");
    await vi.waitFor(() => expect(station.calls).toEqual([["acknowledgeStop", number, "let-in"]]));
  });

  test("is read whole when the process was busy in the middle of a scan", async () => {
    const { reading, contents } = await openWithWedge();
    const keys = [...typed(CODE), press("Enter", 0)];
    for (const [index, key] of keys.entries()) {
      if (contents !== undefined) isTaken(contents, key);
      if (index === 2 || index === 20) {
        const end = performance.now() + 500;
        while (performance.now() < end);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    await reading.scansReach(1);

    expect(reading.texts()).toEqual([CODE]);
  });
});

test("a key that a person holds while a scanner types comes up for the page as it went down", () => {
  const contents = new EventEmitter();
  const seen: string[] = [];
  readKeys(
    contents,
    ({ code }) => code !== "F4",
    () => 0,
  );
  const tell = (type: string, code: string) => {
    const event = { preventDefault: () => seen.push(`${type} ${code}`) };
    contents.emit("before-input-event", event, { ...inputOf(press(code, 0)), type });
  };
  tell("keyDown", "F4");
  tell("keyDown", "Digit1");
  tell("keyUp", "F4");
  tell("keyUp", "Digit1");
  tell("keyUp", "Digit1");

  expect(seen).toEqual(["keyDown Digit1", "keyUp Digit1"]);
});
