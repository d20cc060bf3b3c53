import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { en } from "#ui/texts/en.ts";
import type { Language } from "#ui/texts/texts.ts";
import { vi } from "#ui/texts/vi.ts";
import { allTexts } from "./all-texts.ts";
import { measure, wordsOf } from "./measure.ts";
import { launchChromium, openScreen, PERSON_MS, shoot, shown } from "./open-screen.ts";
import type { OpenScreen } from "./open-screen.ts";
import { playState, screenStates } from "./states.ts";
import type { ScreenState } from "./states.ts";

/** Languages, themes and sizes of everything, with accessibility: minutes, so not in every run. */
const isThorough = process.env["TRAMQR_ALL_SCREENS"] === "1";

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** One page for many states, reloaded between them: opening pages is what takes time. */
function onePage(display: string) {
  let screen: OpenScreen;
  beforeAll(async () => {
    screen = await openScreen(browser, { display });
  });
  afterAll(() => screen.close());
  return async (state: ScreenState) => {
    screen.station.reset();
    await screen.reload();
    await show(screen, state);
    return screen.page;
  };
}

async function show(screen: OpenScreen, state: ScreenState): Promise<void> {
  const last = playState(screen.station, state);
  if (last !== null) await shown(screen.page, last);
  for (const key of state.keys ?? []) {
    await screen.page.keyboard.press(key, { delay: PERSON_MS });
  }
  // Two frames: the verdict, then what came with it.
  await screen.page.evaluate(
    "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 60))))",
  );
}

async function faultsOfAccessibility(page: Page): Promise<readonly string[]> {
  // There are no frames inside the page, and the other mode opens a new page for every look.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.toLocaleLowerCase("vi").match(/\p{L}{2,}/gu));
}

/** English words that Vietnamese texts do not use: none of them may be on a Vietnamese screen. */
const english = ((): ReadonlySet<string> => {
  const ours = words([...allTexts(en).values()].filter((text) => text !== "Tiếng Việt").join(" "));
  const theirs = words([...allTexts(vi).values()].join(" "));
  return new Set([...ours].filter((word) => !theirs.has(word)));
})();

describe.each(["vi", "en"] as const)("screens in %s", (language: Language) => {
  const open = onePage(`${language} light normal`);

  test.each(screenStates)("$name is readable and whole", async (state) => {
    const page = await open(state);

    await shoot(page, `${state.name}-${language}`);
    const measured = await measure(page);
    const read = words(await wordsOf(page));

    expect(measured).toMatchObject(whole);
    expect(measured.lowButtons).toEqual([]);
    expect(measured.fonts).toHaveLength(1);
    const foreign = [...read].filter((word) => english.has(word));
    // In English there must be some, or the comparison would prove nothing.
    expect(language === "vi" ? foreign : foreign.length === 0).toEqual(
      language === "vi" ? [] : false,
    );
    expect(language === "vi" || isThorough ? await faultsOfAccessibility(page) : []).toEqual([]);
  });
});

const whole = { clipped: [], small: [], tight: [], scrolls: false };
const kinds =
  /^(idle-auto|idle-two-scanners|in|notice-repeat|unknown-wrong-layout|unknown-too-short|stop-asked|split|scanner-lost|scanners-six|lanes-split|idle-four-scanners|banner-offline-long)$/;
const some = isThorough ? screenStates : screenStates.filter(({ name }) => kinds.test(name));

describe("the dark theme", () => {
  const open = onePage("vi dark normal");

  test.each(some)("$name has its contrast too", async (state) => {
    const page = await open(state);

    await shoot(page, `${state.name}-dark`);
    expect(await faultsOfAccessibility(page)).toEqual([]);
  });
});

describe("large letters", () => {
  const open = onePage("vi light large");

  test.each(some)("$name is whole", async (state) => {
    const page = await open(state);

    await shoot(page, `${state.name}-large`);
    expect(await measure(page)).toMatchObject(whole);
  });
});

describe("other screens than the cheapest", () => {
  test.each([
    { width: 1920, height: 1080 },
    { width: 1280, height: 1024 },
    { width: 1280, height: 720 },
    { width: 1024, height: 768 },
    { width: 1080, height: 1920 },
  ])(
    "cut nothing off at $width x $height",
    async (viewport) => {
      const screen = await openScreen(browser, { viewport, display: "vi light normal" });
      for (const state of some) {
        screen.station.reset();
        await screen.reload();
        await show(screen, state);

        await shoot(screen.page, `size-${viewport.width}x${viewport.height}-${state.name}`);
        expect(await measure(screen.page), state.name).toMatchObject(whole);
      }
      await screen.close();
      // A dozen states one after the other; a busy machine needs its time for them.
    },
    120_000,
  );
});

describe("a screen without its station", () => {
  test("says so in large letters instead of standing still", async () => {
    const screen = await openScreen(browser, { display: "vi light normal" });
    await screen.shell.close();
    await screen.page.getByText(vi.frame.stationLost).waitFor();

    await shoot(screen.page, "station-lost-vi");
    expect(await measure(screen.page)).toMatchObject(whole);
    expect(await faultsOfAccessibility(screen.page)).toEqual([]);
    await screen.page.context().close();
  });
});
