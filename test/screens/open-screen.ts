import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { startBrowserShell } from "#main/browser-shell.ts";
import type { BrowserShell } from "#main/browser-shell.ts";
import { chromiumFlags } from "#main/chromium-flags.ts";
import { createLog } from "#main/log.ts";
import { createScriptedHost } from "./scripted-host.ts";
import type { ScriptedHost } from "./scripted-host.ts";

/** Debian's browser; the tests bring none along. */
export const CHROMIUM = process.env["TRAMQR_CHROMIUM"] ?? "/usr/bin/chromium";
const SHOTS = "artefacts/screens";

/** The reference screen of the cheapest station PC. */
export const REFERENCE = { width: 1366, height: 768 };

/** How long a person holds a key down: keys that come closer together are a scanner's. */
export const PERSON_MS = 80;

export type OpenScreen = {
  readonly page: Page;
  readonly station: ScriptedHost;
  readonly shell: BrowserShell;
  /** Begins anew on the same page. */
  reload(): Promise<void>;
  /** Sounds that the page started, oldest first. */
  sounds(): Promise<readonly Sound[]>;
  /** The last ten seconds or so, frame by frame. */
  frames(): Promise<readonly Frame[]>;
  close(): Promise<void>;
};

export type Sound = {
  readonly atMs: number;
  readonly lengthMs: number;
  readonly contextState: string;
};

/** What stood on the screen in one drawn frame. */
export type Frame = {
  readonly atMs: number;
  readonly verdict: string | null;
  readonly row: string | null;
};

/** Only the sandbox is off, because tests run as root; everything else is what a station runs with. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [...chromiumFlags, "--no-sandbox", "--disable-gpu"],
  });
}

export const quietLog = createLog(() => {});

/** A page of the built screens over a scripted station, on the real browser shell. */
export async function openScreen(
  browser: Browser,
  options: {
    readonly viewport?: { width: number; height: number };
    readonly display?: string;
  } = {},
): Promise<OpenScreen> {
  requireFreshBuild();
  const station = createScriptedHost();
  const shell = await startBrowserShell({
    host: station.host,
    rendererDir: "out/renderer",
    port: 0,
    log: quietLog,
  });
  const context = await browser.newContext({ viewport: options.viewport ?? REFERENCE });
  const page = await context.newPage();
  await page.addInitScript(watchPage);
  if (options.display !== undefined) {
    await page.addInitScript(`localStorage.setItem("tramqr-display", "${options.display}")`);
  }
  const ready = async () => {
    await page.locator(".idle .ways, .lost").waitFor({ state: "attached" });
    await page.evaluate("document.fonts.ready.then(() => undefined)");
  };
  await page.goto(shell.newTicketUrl());
  await ready();
  return {
    page,
    station,
    shell,
    async reload() {
      await page.reload();
      await ready();
    },
    sounds: () => page.evaluate<Sound[]>("window.startedSounds"),
    frames: () => page.evaluate<Frame[]>("window.drawnFrames"),
    async close() {
      await context.close();
      await shell.close();
    },
  };
}

/** The tests look at the built screens; an old build would prove nothing about the sources. */
function requireFreshBuild(): void {
  const builtMs = statSync("out/renderer/index.html", { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = ["src/renderer", "src/ui", "src/contract"].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  );
  const newer = sources.find((path) => statSync(path).mtimeMs > builtMs);
  if (newer !== undefined) throw new Error(`${newer} is newer than its build: electron-vite build`);
}

/** Saves what the screen looks like now, for people to look at. */
export async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: `${SHOTS}/${name}.png` });
}

/** Waits until a verdict is drawn. */
export async function shown(page: Page, number: number): Promise<void> {
  await page.locator(`[data-verdict="${number}"]`).first().waitFor();
}

/** Watches from inside the page: sounds as they start, sockets as they open, frames as they are drawn, keys. */
const watchPage = `
  window.startedSounds = [];
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (...args) {
    window.startedSounds.push({
      atMs: performance.now(),
      lengthMs: Math.round(this.buffer.duration * 1000),
      contextState: this.context.state,
    });
    return start.apply(this, args);
  };

  window.openedSockets = [];
  const Socket = WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...args) {
      super(...args);
      window.openedSockets.push(this);
    }
  };

  window.drawnFrames = [];
  const look = () => {
    window.drawnFrames.push({
      atMs: performance.now(),
      verdict: document.querySelector(".verdict, .half")?.dataset.verdict ?? null,
      row: document.querySelector(".row-name")?.textContent ?? null,
    });
    if (window.drawnFrames.length > 600) window.drawnFrames.shift();
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);

  window.pressedKeys = [];
  window.addEventListener("keydown", (event) => {
    setTimeout(() => window.pressedKeys.push([event.key, event.defaultPrevented]));
  }, { capture: true });
`;
