import { existsSync } from "node:fs";
import { join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

const linuxPaths = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
  "/usr/bin/microsoft-edge-stable",
  "/usr/bin/microsoft-edge",
];

const windowsPaths = [
  "Microsoft/Edge/Application/msedge.exe",
  "Google/Chrome/Application/chrome.exe",
  "Chromium/Application/chrome.exe",
];

/**
 * The browser that shows the screens: `TRAMQR_CHROMIUM` when set, else the first Chromium, Chrome or Edge in its usual
 * place. Null: none is installed (or the one that was named is not there).
 */
export function findBrowser(
  environment: Environment,
  platform: NodeJS.Platform,
  isThere: (path: string) => boolean = existsSync,
): string | null {
  const named = environment["TRAMQR_CHROMIUM"];
  if (named !== undefined) return isThere(named) ? named : null;
  const paths = platform === "win32" ? programPaths(environment) : linuxPaths;
  return paths.find((path) => isThere(path)) ?? null;
}

/** Whether a window could be drawn at all: on Linux an X server or a Wayland compositor must be named. */
export function hasDisplay(environment: Environment, platform: NodeJS.Platform): boolean {
  if (platform !== "linux") return true;
  return Boolean(environment["DISPLAY"]) || Boolean(environment["WAYLAND_DISPLAY"]);
}

function programPaths(environment: Environment): readonly string[] {
  const roots = [
    environment["ProgramFiles(x86)"],
    environment["ProgramFiles"],
    environment["LOCALAPPDATA"],
  ].filter((root) => root !== undefined);
  return roots.flatMap((root) => windowsPaths.map((path) => join(root, path)));
}
