import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { characterOf } from "#core/wedge-keys.ts";
import type { KeyPress } from "#core/wedge-run.ts";
import { createWedge } from "#drivers/wedge-driver.ts";
import { startBrowserShell } from "#main/browser-shell.ts";
import { createLaneNames } from "#main/lane-names.ts";
import { readLanes } from "#main/read-lanes.ts";
import type { LaneDriver } from "#main/read-lanes.ts";
import { systemClock } from "#main/system-ports.ts";
import { typedScansTo } from "#main/typed-scans.ts";
import { openBody } from "#sealing/sealed-body.ts";
import { vi as words } from "#ui/texts/vi.ts";
import { throughUnikey } from "../core/fake-unikey.ts";
import { press, timed, typed } from "../drivers/keys.ts";
import { startTestStation } from "../main/test-station.ts";
import type { TestStation } from "../main/test-station.ts";
import { launchChromium, quietLog, REFERENCE, shoot } from "./open-screen.ts";
import { createTypist, onLayout } from "./typist.ts";

const CITIZEN = "079202000123||Tran Le Minh Mau|24022002|Nam|Cam Mau, Ha Noi|31052021";
const INSURANCE =
  "TE1790123456789|4e677579e1bb856e205468e1bb8b204de1baab75|04/09/1985|2|54e1bb95|79 - 043|01/07/2026|-|21/07/2026|79040123456789|-|4|01/07/2030|1f2fa22c47f0babc-7102|$";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** A real station with a keyboard wedge that nobody asked for, and its page in a real browser. */
async function openStation() {
  const wedge = createWedge(systemClock);
  const lane: LaneDriver = {
    name: "wedge",
    driver: "wedge",
    direction: "auto",
    label: null,
    sound: "normal",
    isShown: "once-used",
    source: wedge.driver,
  };
  const test = await startTestStation({ lanes: [lane], takeTyped: typedScansTo(wedge) });
  const stopped = new AbortController();
  const names = createLaneNames(test.store.settings);
  const { station } = test;
  const reading = readLanes(
    { lanes: [lane], hotPlug: null, names, station, log: quietLog, onState() {} },
    stopped.signal,
  );
  const shell = await startBrowserShell({
    host: station.host,
    rendererDir: "out/renderer",
    port: 0,
    log: quietLog,
  });
  const context = await browser.newContext({ viewport: REFERENCE });
  const page = await context.newPage();
  onTestFinished(async () => {
    await context.close();
    await shell.close();
    stopped.abort();
    await reading;
  });
  await page.goto(shell.newTicketUrl());
  await page.locator(".idle").waitFor();
  const { type } = await createTypist(page);
  const types = (keys: readonly KeyPress[]) => {
    const enter = press("Enter", (keys.at(-1)?.timeMs ?? 0) + 8);
    return type(onLayout([...keys, enter], (key) => characterOf(key.code, key.shift) ?? key.key));
  };
  return { ...test, page, types };
}

async function outcomeOf(station: TestStation, count = 1) {
  await vi.waitFor(() => expect(station.outcomes).toHaveLength(count), 5_000);
  return station.outcomes.at(-1);
}

const scannersOf = ({ station }: TestStation) => station.host.calls.hello().status.scanners;

async function see(page: Page, text: string): Promise<void> {
  await page.getByText(text).first().waitFor();
}

describe("from a scanner's keys to the book", () => {
  test("a card typed into the page is a durable entry, and is on the screen", async () => {
    const station = await openStation();
    expect(scannersOf(station)).toEqual([]);
    await station.types(typed(CITIZEN));

    const outcome = await outcomeOf(station);
    const [event] = station.station.book.nextBatch(10, 1e6, 0);
    expect(event?.eventId).toBe(outcome?.eventId);
    const sealed = event?.sealedBody ?? new Uint8Array();
    expect(openBody(sealed, event?.eventId ?? "", station.province.sealing)).toMatchObject({
      identity: "cccd:079202000123",
      name: "Tran Le Minh Mau",
    });
    await see(station.page, words.verdict.in);
    await see(station.page, "079•••••0123");
    expect(scannersOf(station)).toMatchObject([
      { lane: "wedge", state: "alive", counts: { scans: 1 }, isDisturbed: false },
    ]);
  });

  test("a health-insurance card that Unikey rewrote is whole again, and Unikey is named", async () => {
    const station = await openStation();
    await station.types(typed(CITIZEN));
    await outcomeOf(station);
    await station.types(throughUnikey(INSURANCE, "vni"));

    expect((await outcomeOf(station, 2))?.verdict).toMatchObject({
      kind: "in",
      recorded: true,
      name: "Nguyễn T. Mẫu",
      nameNeedsChecking: false,
    });
    await see(station.page, "Nguyễn T. Mẫu");
    await see(station.page, words.banner.inputMethod);
    await shoot(station.page, "wedge-unikey-repaired");
    expect(station.logLines.join("")).toContain('"problem":"input-method"');
    expect(station.logLines.join("")).not.toContain("0123456789");
  });

  test("what nothing explains is not recorded as an entry; the screen says what to do", async () => {
    const station = await openStation();
    const spoilt = timed([
      ...typed("DN4790123456789|4ce"),
      press("Backspace", 0),
      press("", 0, { key: "đ" }),
      ...typed("1bb8774|04/09/1985|1|"),
    ]);
    await station.types(spoilt);

    expect((await outcomeOf(station))?.reason).toBe("input-method-on");
    expect(station.station.book.countInside()).toBe(0);
    await see(station.page, "Tắt Unikey (Ctrl+Shift)");
    await shoot(station.page, "wedge-unikey-unread");
  });

  test("command keys and torn codes are counted in the lane, and are no event", async () => {
    const station = await openStation();
    await station.types(typed(CITIZEN));
    await outcomeOf(station);
    const chords = timed("WNTOP".split("").map((key) => press(`Key${key}`, 0, { ctrl: true })));
    await station.types(chords);
    await station.types(typed("||||||||"));

    await vi.waitFor(() =>
      expect(scannersOf(station)).toMatchObject([{ counts: { scans: 1, commands: 1, noise: 1 } }]),
    );
    expect(station.outcomes).toHaveLength(1);
  });
});
