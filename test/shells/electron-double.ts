import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import type { Browser, Page, Route } from "playwright-core";
import type { ElectronModule } from "#main/electron-shell.ts";
import { recordSystem } from "./electron-recorder.ts";
import type { Handler, Recorded } from "./electron-recorder.ts";
import { PRELOAD_SHIM } from "./electron-preload-shim.ts";

/**
 * A double of the `electron` module: a window is a page of real Chromium that loads what the app's own protocol handler
 * answers and runs the built preload. LIMITS: no context isolation, no process sandbox, no permission engine, no native
 * window; it refuses insecure web preferences instead. What the app does with it is type-checked against Electron.
 */
export type ElectronDouble = {
  readonly electron: ElectronModule;
  readonly windows: readonly WindowDouble[];
  readonly record: Recorded;
  /** As in Electron, nothing is ready before the entry module has been evaluated. */
  becomeReady(): void;
  readonly app: EventEmitter;
  readonly ipcMain: EventEmitter;
  /** What the app's protocol handler answers to an address. */
  ask(url: string): Promise<number>;
};

export type WindowDouble = EventEmitter & {
  readonly page: () => Page | null;
  readonly webContents: EventEmitter & { readonly mainFrame: { readonly url: string } };
  readonly loads: readonly string[];
};

/** Chromium calls a name below localhost a secure context, as it would our own scheme. */
const ORIGIN = "http://station.localhost";
const toPage = (url: string) => url.replace("app://station", ORIGIN);
const toApp = (url: string) => url.replace(ORIGIN, "app://station");

export function createElectronDouble(browser: Browser, hasLock = true): ElectronDouble {
  const ready = Promise.withResolvers<void>();
  const record: Recorded = {};
  const windows: WindowDouble[] = [];
  const handlers = new Map<string, Handler>();
  const ipcMain = new EventEmitter();
  const app = Object.assign(new EventEmitter(), {
    isPackaged: false,
    enableSandbox: () => void (record.isSandboxed = true),
    requestSingleInstanceLock: () => hasLock,
    whenReady: () => ready.promise,
    getPath: (name: string) => `/nowhere/${name}`,
    exit: (code: number) => void (record.exitCode = code),
  });
  class BrowserWindow extends EventEmitter {
    readonly loads: string[] = [];
    readonly webContents;
    #page: Page | null = null;
    constructor(options: { webPreferences: Record<string, unknown> & { preload: string } }) {
      super();
      const { nodeIntegration, contextIsolation, sandbox, webSecurity } = options.webPreferences;
      if (nodeIntegration !== false || !contextIsolation || !sandbox || !webSecurity)
        throw new Error("the double opens no insecure window");
      const { preload } = options.webPreferences;
      let onOpen: () => { action: string } = () => ({ action: "allow" });
      const page = () => this.#page;
      this.webContents = Object.assign(new EventEmitter(), {
        mainFrame: { url: "app://station/" },
        isDestroyed: () => page()?.isClosed() ?? true,
        setWindowOpenHandler: (handler: typeof onOpen) => void (onOpen = handler),
        forcefullyCrashRenderer: () =>
          this.webContents.emit("render-process-gone", {}, { reason: "killed" }),
        send: (channel: string, frame: string) =>
          void page()
            ?.evaluate(`window.deliver(${JSON.stringify([channel, frame])})`)
            .catch(() => {}),
      });
      this.opened = (async () => {
        const context = await browser.newContext({ viewport: { width: 1366, height: 768 } });
        const opened = await context.newPage();
        await this.#wire(opened, preload);
        context.on("page", (other) => void (onOpen().action === "deny" && other.close()));
        opened.on("close", () => app.emit("window-all-closed"));
        this.#page = opened;
      })();
      windows.push(this);
    }
    readonly opened: Promise<void>;
    readonly page = () => this.#page;
    isDestroyed = () => this.#page?.isClosed() ?? false;
    show() {}
    async loadURL(url: string) {
      this.loads.push(url);
      await this.opened;
      await this.#page?.goto(toPage(url));
      this.emit("ready-to-show");
    }
    async #wire(page: Page, preload: string) {
      await page.exposeFunction("toMain", (channel: string, frame: unknown) => {
        const { webContents } = this;
        ipcMain.emit(channel, { sender: webContents, senderFrame: webContents.mainFrame }, frame);
      });
      await page.addInitScript(
        PRELOAD_SHIM.replace("/* preload */", () => readFileSync(preload, "utf8")),
      );
      await page.route("**/*", (route) => this.#answer(page, route));
    }
    async #answer(page: Page, route: Route) {
      const request = route.request();
      const url = toApp(request.url());
      if (request.isNavigationRequest() && page.url().startsWith(ORIGIN)) {
        let isPrevented = false;
        this.webContents.emit("will-navigate", { url, preventDefault: () => (isPrevented = true) });
        if (isPrevented) return route.abort("aborted");
      }
      const handler = handlers.get(new URL(url).protocol.slice(0, -1));
      if (handler === undefined) return route.abort("failed");
      const response = await handler(new Request(url));
      const body = Buffer.from(await response.arrayBuffer());
      const headers = Object.fromEntries(response.headers);
      return route.fulfill({ status: response.status, headers, body });
    }
  }
  const electron = {
    app,
    BrowserWindow,
    ipcMain,
    ...recordSystem(record, handlers),
  };
  return {
    // The one place where the double says that it is Electron.
    electron: electron as unknown as ElectronModule,
    windows,
    record,
    app,
    ipcMain,
    becomeReady: () => ready.resolve(),
    ask: async (url) => (await handlers.get("app")?.(new Request(url)))?.status ?? 0,
  };
}
