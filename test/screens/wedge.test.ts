import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { characterOf } from "#core/wedge-keys.ts";
import type { KeyPress } from "#core/wedge-run.ts";
import { vi as words } from "#ui/texts/vi.ts";
import { throughUnikey } from "../core/fake-unikey.ts";
import { altCode, press, timed, typed } from "../drivers/keys.ts";
import { launchChromium, openScreen, PERSON_MS, shoot, shown } from "./open-screen.ts";
import type { OpenScreen } from "./open-screen.ts";
import { scanner } from "./scripted-host.ts";
import { createTypist, onLayout, textsOf } from "./typist.ts";
import type { Typist } from "./typist.ts";

const CARD = "079202000123||Tran Le Minh Mau|24022002|Nam|Cam Mau, Ha Noi|31052021";
/** Begins like an answer to a question, and has every key that presses a button. */
const DANGEROUS = "123 231 312 Code Mau|79085012345";
const INSURANCE =
  "TE1790123456789|4e677579e1bb856e205468e1bb8b204de1baab75|04/09/1985|2|54e1bb95|79 - 043|01/07/2026|-|21/07/2026|79040123456789|-|4|01/07/2030|1f2fa22c47f0babc-7102|$";

let browser: Browser;
let screen: OpenScreen;
let typist: Typist;

beforeAll(async () => {
  browser = await launchChromium();
  screen = await openScreen(browser, { display: "vi light normal" });
  typist = await createTypist(screen.page);
});
afterAll(async () => {
  await screen.close();
  await browser.close();
});
beforeEach(async () => {
  screen.station.reset();
  await screen.reload();
});

const us = (keys: readonly KeyPress[]) =>
  onLayout(keys, (key) => characterOf(key.code, key.shift) ?? key.key);

/** A scan as a scanner on the US layout types it. */
async function scan(text: string, end?: readonly string[], gapMs?: number): Promise<void> {
  await typist.type(us(ended(typed(text, 0, gapMs), end)));
}

function ended(keys: readonly KeyPress[], end: readonly string[] = ["Enter"]): readonly KeyPress[] {
  const lastMs = keys.at(-1)?.timeMs ?? 0;
  return [...keys, ...end.map((code, index) => press(code, lastMs + 8 * (index + 1)))];
}

/** Waits until the station has this many bursts; the texts of all. */
async function typedTexts(count = 1): Promise<readonly string[]> {
  await vi.waitFor(() => expect(screen.station.typed.length).toBeGreaterThanOrEqual(count), 5_000);
  return textsOf(screen.station.typed);
}

async function person(key: string): Promise<void> {
  await screen.page.keyboard.press(key, { delay: PERSON_MS });
}

/** Longer than anything that waits for a next key. */
const pause = () => screen.page.waitForTimeout(250);

describe("a scanner that types into the page", () => {
  test.each([[["Enter"]], [["Tab"]], [["NumpadEnter"]], [["Enter", "Tab"]], [[]]])(
    "is read whole when it ends with %j",
    async (end) => {
      await scan(CARD, end);

      expect(await typedTexts()).toEqual([CARD]);
      const [burst] = screen.station.typed;
      const arrival = burst?.kind === "scan" ? burst.arrival : null;
      expect(arrival?.endedBy).toBe(end.length === 0 ? "silence" : "terminator");
      expect(arrival?.tookMs).toBeGreaterThan(CARD.length * 8 - 10);
      expect(arrival?.tookMs).toBeLessThan(CARD.length * 8 + 200);
    },
  );

  test("is read by the place of its keys on the Vietnamese layout", async () => {
    const row = "đăâêô\u0300\u0309\u0303\u0301\u0323";
    const digitRow = (code: string) => row[Number(/^Digit(\d)$/.exec(code)?.[1])];
    const keys = onLayout(ended(typed(CARD)), (key) => {
      return digitRow(key.code) ?? characterOf(key.code, key.shift) ?? key.key;
    });
    await typist.type(keys);

    expect(await typedTexts()).toEqual([CARD]);
  });

  test("is read alike with CapsLock on, from the numpad, and with NumLock off", async () => {
    const capsLock = onLayout(ended(typed(CARD)), (key) => {
      return characterOf(key.code, !key.shift) ?? key.key;
    });
    const numpad = timed(Array.from("079202000123", (digit) => press(`Numpad${digit}`, 0)));
    await typist.type(capsLock);
    await pause();
    await typist.type(us(ended(numpad)));
    await pause();
    await typist.type(onLayout(ended(numpad), () => "ArrowDown"));

    expect(await typedTexts(3)).toEqual([CARD, "079202000123", "079202000123"]);
  });

  test("may type letters as Alt codes", async () => {
    const keys = timed([...typed("079202000123||Nguy"), ...altCode("7877"), ...typed("n")]);
    await typist.type(us(ended(keys)));

    expect(await typedTexts()).toEqual(["079202000123||Nguyễn"]);
  });

  test.each(["telex", "vni"] as const)(
    "through Unikey (%s) is handed on with what it must have typed",
    async (method) => {
      await scan(CARD);
      await pause();
      await typist.type(us(ended(throughUnikey(INSURANCE, method))));

      expect(await typedTexts(2)).not.toContain(INSURANCE);
      const [, burst] = screen.station.typed;
      const explained = burst?.kind === "scan" ? (burst.interference?.explanations ?? []) : [];
      expect(explained.map((text) => Buffer.from(text, "base64").toString())).toContain(INSURANCE);
    },
  );

  test("loses and merges none of 100 scans, five a second, while verdicts are shown", async () => {
    const cards = Array.from(
      { length: 100 },
      (_, index) => `0792${10_000_000 + index}|Mau ${index}`,
    );
    const startMs = performance.now();
    for (const [index, card] of cards.entries()) {
      await scan(card, index % 2 === 0 ? ["Enter"] : ["Tab"], 3);
      screen.station.show({ name: `Người ${index}` });
      const dueMs = startMs + (index + 1) * 200;
      await screen.page.waitForTimeout(Math.max(0, dueMs - performance.now()));
    }

    expect(await typedTexts(100)).toEqual(cards);
    expect(screen.station.calls).toEqual([]);
  });

  test("is read by a page that is busy for longer than a pause", async () => {
    const keys = us(ended(typed(CARD), []));
    const busy = screen.page.evaluate(
      "{ const end = performance.now() + 400; while (performance.now() < end); }",
    );
    await Promise.all([busy, typist.type(keys)]);

    expect(await typedTexts()).toEqual([CARD]);
  });
});

describe("nothing on the screen feels a scan", () => {
  test("no button that has the focus is pressed", async () => {
    await screen.page.evaluate(`{
      window.clicks = 0;
      for (const button of document.querySelectorAll("button"))
        button.addEventListener("click", () => (window.clicks += 1));
      document.querySelector("button").focus();
    }`);
    await scan(DANGEROUS, ["Enter", "Tab", "Enter"]);

    expect(await typedTexts()).toEqual([DANGEROUS]);
    await pause();
    expect(await screen.page.evaluate("window.clicks")).toBe(0);
    expect(await screen.page.evaluate("document.activeElement.tagName")).toBe("BUTTON");
    expect(screen.station.calls).toEqual([]);
  });

  test("no question is answered by a code that begins with 1, 2 or 3", async () => {
    const { number } = screen.station.show({ kind: "stop", reason: "watch-list" });
    await shown(screen.page, number);
    await person("F9");
    await screen.page.getByText(words.stop.question).waitFor();
    for (const code of [DANGEROUS, `2${DANGEROUS}`, `3${DANGEROUS}`]) {
      await scan(code);
      await pause();
    }

    expect(await typedTexts(3)).toHaveLength(3);
    expect(screen.station.calls).toEqual([]);
    expect(await screen.page.getByText(words.stop.question).count()).toBe(1);
    await person("2");
    await vi.waitFor(() =>
      expect(screen.station.calls).toEqual([["acknowledgeStop", number, "turned-away"]]),
    );
  });

  test("no direction is chosen, no banner and no verdict is in the way", async () => {
    screen.station.setStatus({ commitFailing: true });
    screen.station.show({});
    await person("F6");
    await screen.page.getByText(words.keys.chooseDirection(null)).waitFor();
    await scan(DANGEROUS);

    expect(await typedTexts()).toEqual([DANGEROUS]);
    await pause();
    expect(screen.station.calls).toEqual([]);
    expect(await screen.page.locator(".asked").count()).toBe(1);
  });

  test("command keys in a code do nothing and are counted", async () => {
    const chords = timed([
      press("F4", 0, { key: "F4" }),
      press("F6", 0, { key: "F6" }),
      press("KeyW", 0, { key: "w", ctrl: true }),
      press("KeyN", 0, { key: "n", ctrl: true }),
      press("F12", 0, { key: "F12" }),
      press("F4", 0, { key: "F4", alt: true }),
      press("Escape", 0, { key: "Escape" }),
    ]);
    await typist.type(chords);

    expect(await typedTexts()).toEqual(["commands"]);
    expect(screen.station.typed).toMatchObject([{ byteCount: 7 }]);
    await pause();
    expect(screen.station.calls).toEqual([]);
    expect(screen.page.context().pages()).toHaveLength(1);
    expect(await screen.page.locator(".asked").count()).toBe(0);
  });
});

describe("a person at the keyboard", () => {
  test("can press every key of the screen before, between and after scans", async () => {
    await person("F4");
    await scan(CARD);
    await pause();
    await person("F6");
    await person("2");
    await scan(CARD);
    await pause();
    await person("F4");

    await vi.waitFor(() => expect(screen.station.calls).toHaveLength(3));
    expect(screen.station.calls).toEqual([
      ["undoLast"],
      ["setDirection", "lane-1", "out"],
      ["undoLast"],
    ]);
    expect(await typedTexts(2)).toEqual([CARD, CARD]);
  });

  test("who types or holds a key down is no scanner", async () => {
    await screen.page.keyboard.type("Nguyen Van Thu 079", { delay: PERSON_MS });
    await person("Enter");
    const held = Array.from({ length: 40 }, (_, index) =>
      press("KeyA", index * 30, { key: "a", isRepeat: index > 0 }),
    );
    await typist.type(held);
    await pause();

    expect(screen.station.typed).toEqual([]);
  });
});

describe("the guard is told", () => {
  test("what to do when Unikey spoiled a code, and while it is on", async () => {
    screen.station.show({ kind: "unknown", reason: "input-method-on", recorded: false });
    screen.station.setStatus({ scanners: [{ ...scanner, driver: "wedge", isDisturbed: true }] });
    await screen.page.getByText("Tắt Unikey (Ctrl+Shift)").waitFor();
    await screen.page.getByText(words.banner.inputMethod).waitFor();
    await shoot(screen.page, "wedge-unikey-unknown");
    screen.station.show({});
    await screen.page.locator(".verdict.verdict-in").waitFor();
    await shoot(screen.page, "wedge-unikey-in");

    expect(await screen.page.getByText(words.banner.inputMethod).count()).toBe(1);
  });

  test("when no lane reads keys, and when the station does not answer", async () => {
    screen.station.setAnswer({ kind: "refused", reason: "not-read" });
    await scan(CARD);
    await screen.page.getByText(words.notes.notRead).waitFor();
    await shoot(screen.page, "wedge-not-read");
    await screen.shell.close();
    await screen.page.waitForTimeout(200);
    await scan(CARD);

    expect(await screen.page.getByText(words.notes.noAnswer).innerText()).not.toBe("");
  });
});
