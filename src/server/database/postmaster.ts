import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import type { SystemUser } from "#server/database/system-user.ts";

/** The main process of a running PostgreSQL. */
export type Postmaster = {
  readonly pid: number;
  /** Resolves when the process has ended, however. */
  readonly ended: Promise<void>;
  hasEnded(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** What it said so far while starting; later lines are not kept, because they may quote data. */
  startLines(): readonly string[];
};

export type PostmasterOptions = {
  readonly program: string;
  readonly args: readonly string[];
  readonly user: SystemUser | null;
  /** Severity and SQLSTATE of each line of its log; never the text. */
  readonly onLine: (severity: string, sqlState: string) => void;
};

const KEPT_LINES = 20;
const SETPRIV = "/usr/bin/setpriv";
/** `%e ` of log_line_prefix, then the severity. */
const LOG_LINE = /^([0-9A-Z]{5}) (WARNING|ERROR|FATAL|PANIC):/;

/** Environment of PostgreSQL's programs: nothing of ours but the way to the system's tools. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    LC_ALL: "C",
    TZ: "UTC",
    SystemRoot: process.env["SystemRoot"],
  };
}

/** Starts PostgreSQL in a process group of its own: Ctrl-C must reach us first, who stop everything in order. */
export function startPostmaster(options: PostmasterOptions): Postmaster {
  const [command, args] = withParentDeathSignal(options.program, options.args);
  const child = spawn(command, args, {
    cwd: "/",
    detached: true,
    env: postgresEnvironment(),
    stdio: ["ignore", "ignore", "pipe"],
    ...(options.user === null ? {} : { uid: options.user.uid, gid: options.user.gid }),
  });
  const lines = readLines(child, options.onLine);
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  return {
    pid: child.pid ?? 0,
    ended,
    hasEnded: () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null,
    signal: (signal) => void child.kill(signal),
    startLines: () => lines,
  };
}

/** Where util-linux is there, PostgreSQL shuts down by itself when our process is killed. */
function withParentDeathSignal(
  program: string,
  args: readonly string[],
): readonly [string, string[]] {
  if (process.platform !== "linux" || !existsSync(SETPRIV)) return [program, [...args]];
  return [SETPRIV, ["--pdeathsig", "INT", "--", program, ...args]];
}

function readLines(child: ChildProcess, onLine: PostmasterOptions["onLine"]): readonly string[] {
  const kept: string[] = [];
  if (child.stderr === null) return kept;
  createInterface({ input: child.stderr, crlfDelay: Infinity }).on("line", (line) => {
    if (kept.length < KEPT_LINES) kept.push(line);
    const [, sqlState, severity] = LOG_LINE.exec(line) ?? [];
    if (sqlState !== undefined && severity !== undefined) onLine(severity, sqlState);
  });
  return kept;
}
