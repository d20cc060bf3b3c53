import type { Log } from "#main/log.ts";
import type { StartOptions } from "#main/start-options.ts";
import type { StationHost } from "#main/station-host.ts";

/** The station's window, or none. */
export type StationWindow = {
  /** Address of the screens; null without a window. */
  readonly url: string | null;
  /** One sentence for the terminal: which window, and why. */
  readonly description: string;
  close(): Promise<void>;
};

export type OpenWindowParts = {
  readonly options: StartOptions;
  readonly host: StationHost;
  readonly log: Log;
};

/** Opens what the options ask for. */
export function openWindow(parts: OpenWindowParts): Promise<StationWindow> {
  if (parts.options.isHeadless) return Promise.resolve(noWindow);
  return Promise.resolve(noWindow);
}

const noWindow: StationWindow = {
  url: null,
  description: "Không mở cửa sổ (--headless).",
  close: () => Promise.resolve(),
};
