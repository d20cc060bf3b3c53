import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { until } from "./until.ts";

const ROOT = join(import.meta.dirname, "../..");
const CLI = join("src", "cli.ts");
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 30_000;

/** A command of ours in a process of its own, the leader of its process group. */
export type Program = {
  /** Whole lines of standard output so far, oldest first. */
  readonly lines: readonly string[];
  /** The line that begins with these words; waits for it. Throws when the program ends without it. */
  line(beginning: string): Promise<string>;
  /** SIGKILL to the whole process group, as the out-of-memory killer or a power cut would have it. */
  kill(): Promise<void>;
  /** SIGTERM to the program alone; resolves to its exit code, null when a signal ended it. */
  terminate(): Promise<number | null>;
};

/** Starts `tramqr …` at the root of the repository. Whatever is left of it is killed when the test is over. */
export function startProgram(args: readonly string[]): Program {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: ROOT,
    detached: true,
    env: ownEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = once(child, "close");
  const lines: string[] = [];
  const said: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  createInterface({ input: child.stderr }).on("line", (line) => said.push(line));
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  const kill = async () => {
    signalGroup(child);
    await closed;
  };
  onTestFinished(kill);
  return {
    lines,
    kill,
    async line(beginning) {
      const found = () => lines.find((line) => line.startsWith(beginning));
      await until(() => found() !== undefined || isOver(), `"${beginning}"`, START_LIMIT_MS);
      const line = found();
      if (line !== undefined) return line;
      throw new Error(
        `tramqr ${args[0]} ended without "${beginning}": ${said.slice(-5).join(" / ")}`,
      );
    },
    async terminate() {
      child.kill("SIGTERM");
      await until(isOver, `the end of tramqr ${args[0]}`, STOP_LIMIT_MS);
      await closed;
      return child.exitCode;
    },
  };
}

/** Runs `tramqr admin …` to its end. Throws what it said when it refuses. */
export async function runAdmin(
  dataDir: string,
  args: readonly string[],
): Promise<{ readonly lines: readonly string[]; readonly remarks: readonly string[] }> {
  const child = spawn(process.execPath, [CLI, "admin", ...args, "--data", dataDir], {
    cwd: ROOT,
    env: ownEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = once(child, "close");
  const [lines, remarks]: [string[], string[]] = [[], []];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  createInterface({ input: child.stderr }).on("line", (line) => remarks.push(line));
  await closed;
  if (child.exitCode === 0) return { lines, remarks };
  throw new Error(`admin ${args.join(" ")}: exit ${child.exitCode}: ${remarks.join(" / ")}`);
}

/** Command lines of processes that name the folder or work in it (PostgreSQL's have only their folder to tell them by). */
export function processesOf(folder: string): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        const isOurs =
          command.includes(folder) || readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
        return isOurs ? [`${pid} ${command}`] : [];
      } catch (cause) {
        // Ended while we looked, or somebody else's.
        if (cause instanceof Error && "code" in cause) return [];
        throw cause;
      }
    });
}

/** The tests' own settings would be taken for the program's. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => name !== "DATABASE_URL" && !name.startsWith("TRAMQR_"),
  );
  return Object.fromEntries(kept);
}

function signalGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch (cause) {
    const isGone = cause instanceof Error && "code" in cause && cause.code === "ESRCH";
    if (!isGone) throw cause;
  }
}
