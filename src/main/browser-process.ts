import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFile, readlink, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { BrowserUser } from "#main/browser-user.ts";

/** How one browser ended. */
export type BrowserExit = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it complained about, when we know the complaint. */
  readonly problem: BrowserProblem | null;
};

export type BrowserProblem = "no-sandbox" | "no-display" | "not-startable";

/** One running browser with all its helpers. */
export type BrowserProcess = {
  readonly pid: number | null;
  readonly exited: Promise<BrowserExit>;
  /** Asks it to close; makes it after `graceMs`. Resolves when it is gone. */
  stop(graceMs: number): Promise<void>;
  /** Ends it at once: a page that is dead does not answer to requests. */
  kill(): void;
};

export type BrowserStart = {
  readonly executable: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly user: BrowserUser | null;
};

/** How much of the browser's complaints is looked at; nothing of it is kept or logged. */
const MAX_COMPLAINT = 16_384;

const complaints: readonly (readonly [RegExp, BrowserProblem])[] = [
  [/no usable sandbox|running as root without --no-sandbox/i, "no-sandbox"],
  [/missing x server|cannot open display|unable to open x display/i, "no-display"],
];

/** Starts a browser in a process group of its own, so that Ctrl-C reaches us first and we end it in order. */
export function startBrowser({
  executable,
  args,
  environment,
  user,
}: BrowserStart): BrowserProcess {
  const child = spawn(executable, args, {
    stdio: ["ignore", "ignore", "pipe"],
    detached: process.platform !== "win32",
    env: { ...environment },
    ...(user === null ? {} : { uid: user.uid, gid: user.gid }),
  });
  const exited = exitOf(child);
  return {
    pid: child.pid ?? null,
    exited,
    kill: () => signalGroup(child, "SIGKILL"),
    async stop(graceMs) {
      signalGroup(child, "SIGTERM");
      const timer = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

function exitOf(child: ChildProcess): Promise<BrowserExit> {
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-MAX_COMPLAINT);
  });
  return new Promise((resolve) => {
    child.once("error", () => resolve({ code: null, signal: null, problem: "not-startable" }));
    child.once("exit", (code, signal) => {
      // Helpers leave with their browser; one that hangs must not outlive it.
      if (child.pid !== undefined) signalProcess(-child.pid, "SIGKILL");
      const known = complaints.find(([pattern]) => pattern.test(complaint));
      resolve({ code, signal, problem: known?.[1] ?? null });
    });
  });
}

/** The browser and its helpers. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  if (process.platform === "win32") child.kill(signal);
  else signalProcess(-child.pid, signal);
}

/** A negative id means a whole group. Gone already is as good. */
function signalProcess(pid: number, signal: NodeJS.Signals): void {
  if (process.platform === "win32") return;
  try {
    process.kill(pid, signal);
  } catch (cause) {
    if (!isGone(cause)) throw cause;
  }
}

/**
 * Ends the browser of an earlier run that was killed before it could close its window. Without this a new browser would
 * hand its address to the old one and leave. Only a process that names this very profile is touched.
 */
export async function endOrphan(profileDir: string): Promise<void> {
  if (process.platform === "win32") return;
  const lock = await readlink(join(profileDir, "SingletonLock")).catch(() => null);
  if (lock === null) return;
  const pid = Number(lock.slice(hostname().length + 1));
  if (lock.startsWith(`${hostname()}-`) && (await isBrowserOf(pid, profileDir))) {
    signalProcess(pid, "SIGKILL");
  }
  for (const name of ["SingletonLock", "SingletonSocket", "SingletonCookie"]) {
    await rm(join(profileDir, name), { force: true });
  }
}

async function isBrowserOf(pid: number, profileDir: string): Promise<boolean> {
  if (!Number.isSafeInteger(pid) || pid <= 1) return false;
  const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return line.split("\0").includes(`--user-data-dir=${profileDir}`);
}

function isGone(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ESRCH";
}
