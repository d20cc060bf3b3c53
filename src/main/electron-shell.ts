import { join } from "node:path";
import type * as Electron from "electron";
import type { TextChannel } from "#contract/bridge.ts";
import { MAX_FRAME_CHARACTERS } from "#contract/frames.ts";
import { serveScreen } from "#main/bridge-server.ts";
import { readKeys } from "#main/electron-keys.ts";
import type { KeyReader } from "#main/electron-keys.ts";
import type { Log } from "#main/log.ts";
import { createBackoff } from "#main/backoff.ts";
import { readScreenFiles, screenHeaders } from "#main/screen-files.ts";
import type { ScreenFiles } from "#main/screen-files.ts";
import type { StationHost } from "#main/station-host.ts";

/** What the shell uses of the `electron` module, and no more. */
export type ElectronModule = Pick<
  typeof Electron,
  "app" | "BrowserWindow" | "ipcMain" | "Menu" | "powerSaveBlocker" | "protocol" | "session"
>;

/** A station that runs inside Electron's main process. */
export type ElectronStation = {
  readonly host: StationHost;
  readonly takeKey: KeyReader;
  stop(): Promise<void>;
};

export type ElectronParts = {
  readonly electron: ElectronModule;
  /** Starts the station once; Electron's folder for this user's data is where it may keep its own. */
  readonly startStation: (userDataDir: string) => Promise<ElectronStation>;
  /** The built `out/` folder with `renderer/` and `preload/`. */
  readonly outDir: string;
  readonly log: Log;
};

/** The page's address. A scheme of our own, so that nothing of the disk and nothing of the web is near it. */
export const SCREEN_URL = "app://station/";
/** The one channel between page and station: text frames, nothing else. */
export const BRIDGE_CHANNEL = "tramqr:bridge";
/** Frames kept for a station that is still starting: a screen asks once every few seconds. */
const MAX_EARLY_FRAMES = 32;

/**
 * Runs the station in Electron: one locked window, one channel of text. Resolves when everything has stopped; the caller
 * ends the process. Must be called before Electron is ready, and not be awaited by the entry module, whose evaluation
 * Electron waits for. A second start on the same desktop resolves at once.
 */
export async function runElectron(parts: ElectronParts): Promise<void> {
  const { app, protocol, session, Menu, powerSaveBlocker } = parts.electron;
  protocol.registerSchemesAsPrivileged([
    { scheme: "app", privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
  app.enableSandbox();
  if (!app.requestSingleInstanceLock()) return;
  const ended = whenAskedToEnd(app);
  await app.whenReady();
  Menu.setApplicationMenu(null);
  refusePermissions(session.defaultSession);
  serveFiles(protocol, await readScreenFiles(join(parts.outDir, "renderer")));
  powerSaveBlocker.start("prevent-display-sleep");
  const window = openWindow(parts);
  let takeKey: KeyReader | null = null;
  readKeys(
    window.webContents,
    (key) => takeKey?.(key) ?? false,
    () => performance.now(),
  );
  const early = earlyChannel(channelOf(parts, window));
  const starting = parts.startStation(app.getPath("userData"));
  // A station may wait for its enrolment; the window can be closed meanwhile, and nothing is recorded yet.
  const station = await Promise.race([starting, ended.then(() => null)]);
  if (station === null) return;
  takeKey = station.takeKey;
  const screen = serveScreen({ channel: early, host: station.host, log: parts.log });
  await ended;
  screen.close();
  await station.stop();
}

/** Resolves once; from then on the caller stops the station before Electron may go. */
function whenAskedToEnd(app: Electron.App): Promise<void> {
  return new Promise((resolve) => {
    app.on("window-all-closed", () => resolve());
    app.on("before-quit", (event) => {
      event.preventDefault();
      resolve();
    });
  });
}

function refusePermissions(session: Electron.Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
}

function serveFiles(protocol: Electron.Protocol, files: ScreenFiles): void {
  const headers = screenHeaders("'none'");
  protocol.handle("app", (request) => {
    const url = new URL(request.url);
    const file = url.host === "station" ? files.get(url.pathname) : undefined;
    if (file === undefined) return new Response("404", { status: 404 });
    return new Response(file.body, {
      headers: { ...headers, "content-type": file.contentType },
    });
  });
}

function openWindow({ electron, outDir, log }: ElectronParts): Electron.BrowserWindow {
  const { app, BrowserWindow } = electron;
  const window = new BrowserWindow({
    kiosk: app.isPackaged,
    show: false,
    autoHideMenuBar: true,
    width: 1366,
    height: 768,
    backgroundColor: "#f7f8fa",
    webPreferences: {
      preload: join(outDir, "preload/preload.cjs"),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      spellcheck: false,
      devTools: !app.isPackaged,
      autoplayPolicy: "no-user-gesture-required",
    },
  });
  const { webContents } = window;
  webContents.setWindowOpenHandler(() => ({ action: "deny" }));
  webContents.on("will-navigate", (event) => {
    if (!event.url.startsWith(SCREEN_URL)) event.preventDefault();
  });
  webContents.on("will-attach-webview", (event) => event.preventDefault());
  keepAlive(window, log);
  window.once("ready-to-show", () => window.show());
  load(window, log);
  return window;
}

/** A page that dies or hangs comes back, ever more slowly while it keeps dying. */
function keepAlive(window: Electron.BrowserWindow, log: Log): void {
  const backoff = createBackoff(Date.now);
  window.webContents.on("render-process-gone", (_event, { reason }) => {
    log.event("screen", { problem: "page-gone", reason });
    setTimeout(() => {
      if (!window.isDestroyed()) load(window, log);
    }, backoff.nextMs());
  });
  window.on("unresponsive", () => {
    log.event("screen", { problem: "page-hangs" });
    window.webContents.forcefullyCrashRenderer();
  });
}

function load(window: Electron.BrowserWindow, log: Log): void {
  window.loadURL(SCREEN_URL).catch((cause: unknown) => log.fault("screen", cause));
}

/** Text frames between the window's own main frame and the station; anything else is not heard. */
function channelOf({ electron }: ElectronParts, window: Electron.BrowserWindow): TextChannel {
  const { webContents } = window;
  return {
    send(frame) {
      if (!webContents.isDestroyed()) webContents.send(BRIDGE_CHANNEL, frame);
    },
    onFrame(listener) {
      electron.ipcMain.on(BRIDGE_CHANNEL, (event, frame: unknown) => {
        // The origin of a custom scheme is "null" in Node: compare the address instead.
        const isOurs =
          event.sender === webContents &&
          event.senderFrame === webContents.mainFrame &&
          event.senderFrame.url.startsWith(SCREEN_URL);
        if (!isOurs || typeof frame !== "string" || frame.length > MAX_FRAME_CHARACTERS) return;
        listener(frame);
      });
    },
  };
}

/** Keeps what the page says before the station is there to answer. */
function earlyChannel(channel: TextChannel): TextChannel {
  const early: string[] = [];
  let listener: ((frame: string) => void) | null = null;
  channel.onFrame((frame) => {
    if (listener !== null) listener(frame);
    else if (early.length < MAX_EARLY_FRAMES) early.push(frame);
  });
  return {
    send: (frame) => channel.send(frame),
    onFrame(next) {
      listener = next;
      for (const frame of early.splice(0)) next(frame);
    },
  };
}
