import { join } from "node:path";
import { startBrowserShell } from "#main/browser-shell.ts";
import { startChromium } from "#main/chromium.ts";
import type { Chromium } from "#main/chromium.ts";
import { findBrowser, hasDisplay } from "#main/find-browser.ts";
import type { Log } from "#main/log.ts";
import type { StationHost } from "#main/station-host.ts";

export type BrowserWindowParts = {
  readonly host: StationHost;
  /** Folder of the built screens. */
  readonly rendererDir: string;
  /** 0: any free port. */
  readonly port: number;
  readonly dataDir: string;
  /** What to open unless `TRAMQR_KIOSK=1` asks for the whole screen. */
  readonly mode: "kiosk" | "window";
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
};

/** The screens in a system browser, or at least their address. */
export type BrowserWindow = {
  /** Opens the screens once, within a minute: for a browser that a person starts. */
  newTicketUrl(): string;
  readonly origin: string;
  /** Why no window was opened; null: one is open, in `executable`. */
  readonly missing: "no-browser" | "no-display" | null;
  readonly executable: string | null;
  /** Resolves when a person closed the window; never for a kiosk or without a window. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
};

/** Serves the screens on loopback and opens them, where a browser and a display are there. */
export async function openBrowserWindow(parts: BrowserWindowParts): Promise<BrowserWindow> {
  const shell = await startBrowserShell(parts);
  const { environment } = parts;
  const executable = findBrowser(environment, process.platform);
  const missing = missingFor(executable, environment);
  let chromium: Chromium | null = null;
  if (executable !== null && missing === null) {
    chromium = await startChromium({
      executable,
      profileDir: join(parts.dataDir, "screen"),
      mode: environment["TRAMQR_KIOSK"] === "1" ? "kiosk" : parts.mode,
      newUrl: () => shell.newTicketUrl(),
      attachedScreens: () => shell.connections(),
      isWithoutSandbox: environment["TRAMQR_NO_SANDBOX"] === "1",
      environment,
      log: parts.log,
    });
  }
  return {
    newTicketUrl: () => shell.newTicketUrl(),
    origin: shell.origin,
    missing,
    executable,
    closed: chromium?.closed ?? new Promise(() => {}),
    async close() {
      await chromium?.stop();
      await shell.close();
    },
  };
}

function missingFor(
  executable: string | null,
  environment: BrowserWindowParts["environment"],
): BrowserWindow["missing"] {
  if (executable === null) return "no-browser";
  return hasDisplay(environment, process.platform) ? null : "no-display";
}
