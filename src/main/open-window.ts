import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openBrowserWindow } from "#main/browser-window.ts";
import type { BrowserWindow } from "#main/browser-window.ts";
import type { Log } from "#main/log.ts";
import type { StartOptions } from "#main/start-options.ts";
import type { StationHost } from "#main/station-host.ts";
import { UsageError } from "#main/usage-error.ts";

/** The station's window, or none. */
export type StationWindow = {
  /** Address of the screens; null without a window. */
  readonly url: string | null;
  /** One sentence for the terminal: which window, and why. */
  readonly description: string;
  /** Resolves when a person closes the window; never without one. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
};

export type OpenWindowParts = {
  readonly options: StartOptions;
  readonly host: StationHost;
  readonly log: Log;
};

const noWindow: StationWindow = {
  url: null,
  description: "Không mở cửa sổ (--headless).",
  closed: new Promise(() => {}),
  close: () => Promise.resolve(),
};

/** Opens what the options ask for. Throws UsageError when the port is taken. */
export async function openWindow({ options, host, log }: OpenWindowParts): Promise<StationWindow> {
  if (options.isHeadless) return noWindow;
  const window = await openOrExplain({ options, host, log });
  return {
    url: window.missing === null ? window.origin : window.newTicketUrl(),
    description: describe(window, options),
    closed: window.closed,
    close: () => window.close(),
  };
}

/** Electron's binary, where a person has installed one; null: there is none. */
export function findElectron(
  environment: Readonly<Record<string, string | undefined>>,
): string | null {
  const folder =
    environment["ELECTRON_OVERRIDE_DIST_PATH"] ??
    fileURLToPath(new URL("../../node_modules/electron/dist", import.meta.url));
  const name = process.platform === "win32" ? "electron.exe" : "electron";
  const path = join(folder, name);
  return existsSync(path) ? path : null;
}

async function openOrExplain({ options, host, log }: OpenWindowParts): Promise<BrowserWindow> {
  try {
    return await openBrowserWindow({
      host,
      rendererDir: fileURLToPath(new URL("../../out/renderer", import.meta.url)),
      port: options.port,
      dataDir: options.dataDir,
      mode: "window",
      environment: process.env,
      log,
    });
  } catch (cause) {
    if (!(cause instanceof Error) || !("code" in cause) || cause.code !== "EADDRINUSE") throw cause;
    throw new UsageError(
      `Cổng ${options.port} đang được chương trình khác dùng. Hãy chọn --port khác.`,
      `Port ${options.port} is taken. Choose another --port.`,
    );
  }
}

function describe(window: BrowserWindow, options: StartOptions): string {
  const why =
    options.shell === "browser"
      ? "theo --shell browser"
      : "chưa có Electron: npm run electron:install";
  switch (window.missing) {
    case null:
      return `Cửa sổ: trình duyệt ${window.executable ?? ""} (${why}).`;
    case "no-browser":
      return "Không tìm thấy trình duyệt Chromium; hãy mở địa chỉ bên dưới trong một phút.";
    case "no-display":
      return "Không có màn hình; có thể mở địa chỉ bên dưới trong một phút.";
  }
}
