import { rm } from "node:fs/promises";
import { createBackoff } from "#main/backoff.ts";
import { startBrowser, endOrphan } from "#main/browser-process.ts";
import type { BrowserExit, BrowserProcess } from "#main/browser-process.ts";
import { browserUser, copyXauthority, profileFolder } from "#main/browser-user.ts";
import type { BrowserUser } from "#main/browser-user.ts";
import { chromiumFlags } from "#main/chromium-flags.ts";
import type { Log } from "#main/log.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export type ChromiumOptions = {
  /** From `findBrowser`. */
  readonly executable: string;
  /** Folder of the browser's own files; nothing of ours is kept there. */
  readonly profileDir: string;
  /** `kiosk`: the whole screen, started again whenever it ends. `window`: closing it ends the watch. */
  readonly mode: "kiosk" | "window";
  /** A fresh address for every launch. */
  readonly newUrl: () => string;
  /** How many screens are attached to the station now. */
  readonly attachedScreens: () => number;
  /** Only for tests and CI that run as root in a container; never set it on a station. */
  readonly isWithoutSandbox: boolean;
  readonly environment: Environment;
  readonly log: Log;
  readonly timing?: Partial<ChromiumTiming>;
  /** More flags, for tests: headless, a port to look in. */
  readonly extraFlags?: readonly string[];
};

export type ChromiumTiming = {
  /** A page may take this long to show up after a launch on an old disk. */
  readonly startGraceMs: number;
  /** No attached screen for this long: the page is dead though the browser lives. */
  readonly deadAfterMs: number;
  readonly lookEveryMs: number;
  readonly stopGraceMs: number;
};

const usualTiming: ChromiumTiming = {
  startGraceMs: 30_000,
  deadAfterMs: 10_000,
  lookEveryMs: 1_000,
  stopGraceMs: 3_000,
};

/** A browser window that is kept open. */
export type Chromium = {
  /** Process of the browser now; null between two launches. */
  pid(): number | null;
  launches(): number;
  /** Resolves when the person closed the window (mode `window`), or after {@link Chromium.stop}. */
  readonly closed: Promise<void>;
  /** Closes the window; no process of it is left. Safe to call twice. */
  stop(): Promise<void>;
};

/** Variables that a browser needs to draw and to sound; none of ours, which may hold secrets, goes along. */
const passedOn = [
  "PATH",
  "LANG",
  "LC_ALL",
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "XDG_RUNTIME_DIR",
  "XDG_SESSION_TYPE",
  "DBUS_SESSION_BUS_ADDRESS",
  "PULSE_SERVER",
  "SystemRoot",
  "TEMP",
  "TMP",
  "LOCALAPPDATA",
  "APPDATA",
  "USERPROFILE",
  "ProgramData",
  "ProgramFiles",
  "ProgramFiles(x86)",
];
/** Belong to our own session; another user cannot use them. */
const ownSession = ["WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"];

/** Opens the screens in a browser and keeps them open: crashed, closed, hung or dead pages come back. */
export async function startChromium(options: ChromiumOptions): Promise<Chromium> {
  const isRoot = process.getuid?.() === 0;
  const user = options.isWithoutSandbox ? null : await browserUser(isRoot);
  const profileDir = await profileFolder(options.profileDir, user);
  await endOrphan(profileDir);
  const environment = await browserEnvironment(options.environment, profileDir, user);
  const launch = () =>
    startBrowser({
      executable: options.executable,
      args: browserArguments(options, profileDir),
      environment,
      user,
    });
  const chromium = watch(options, launch);
  return {
    ...chromium,
    async stop() {
      await chromium.stop();
      // A folder among the temporary files is for this run alone.
      if (profileDir !== options.profileDir) await rm(profileDir, { recursive: true, force: true });
    },
  };
}

/** The command line of one launch. */
export function browserArguments(options: ChromiumOptions, profileDir: string): readonly string[] {
  return [
    ...chromiumFlags,
    ...(options.mode === "kiosk" ? ["--kiosk"] : ["--window-size=1366,768"]),
    ...(options.isWithoutSandbox ? ["--no-sandbox"] : []),
    ...(options.extraFlags ?? []),
    "--lang=vi",
    `--user-data-dir=${profileDir}`,
    `--app=${options.newUrl()}`,
  ];
}

async function browserEnvironment(
  environment: Environment,
  profileDir: string,
  user: BrowserUser | null,
): Promise<Readonly<Record<string, string>>> {
  const names = user === null ? passedOn : passedOn.filter((name) => !ownSession.includes(name));
  const passed = names.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const xauthority = await copyXauthority(environment["XAUTHORITY"], profileDir, user);
  return {
    ...Object.fromEntries(passed),
    HOME: user === null ? (environment["HOME"] ?? profileDir) : profileDir,
    ...(xauthority === null ? {} : { XAUTHORITY: xauthority }),
  };
}

function watch(options: ChromiumOptions, launch: () => BrowserProcess): Chromium {
  const timing = { ...usualTiming, ...options.timing };
  const backoff = createBackoff(Date.now);
  const closing = Promise.withResolvers<void>();
  const state = { browser: null as BrowserProcess | null, launches: 0, isStopping: false };
  let relaunch: NodeJS.Timeout | undefined;
  let aliveUntilMs = 0;

  const start = () => {
    state.launches += 1;
    aliveUntilMs = Date.now() + timing.startGraceMs;
    const browser = launch();
    state.browser = browser;
    void browser.exited.then(ended);
  };
  const ended = (exit: BrowserExit) => {
    state.browser = null;
    if (state.isStopping) return;
    logExit(options.log, exit);
    if (options.mode === "window" && exit.code === 0) return closing.resolve();
    relaunch = setTimeout(start, backoff.nextMs());
  };
  const look = setInterval(() => {
    const nowMs = Date.now();
    if (options.attachedScreens() > 0) aliveUntilMs = nowMs + timing.deadAfterMs;
    if (state.browser === null || nowMs < aliveUntilMs) return;
    options.log.event("screen", { problem: "dead" });
    aliveUntilMs = nowMs + timing.startGraceMs;
    state.browser.kill();
  }, timing.lookEveryMs);

  start();
  return {
    pid: () => state.browser?.pid ?? null,
    launches: () => state.launches,
    closed: closing.promise,
    async stop() {
      state.isStopping = true;
      clearInterval(look);
      clearTimeout(relaunch);
      await state.browser?.stop(timing.stopGraceMs);
      closing.resolve();
    },
  };
}

function logExit(log: Log, { code, signal, problem }: BrowserExit): void {
  log.event("screen", {
    problem: problem ?? "browser-ended",
    ...(code === null ? {} : { code }),
    ...(signal === null ? {} : { signal }),
  });
}
