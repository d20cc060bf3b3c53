import { existsSync, readFileSync, readdirSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseUnavailable } from "#server/database/errors.ts";

/** Prefix of socket folders that we make in the folder for temporary files. */
export const SOCKET_FOLDER_PREFIX = "tramqr-pg-";

/** How long each signal is given, gentlest first: fast shutdown, immediate shutdown, kill. Milliseconds. */
const ESCALATION = [
  { signal: "SIGINT", waitMs: 20_000 },
  { signal: "SIGQUIT", waitMs: 5_000 },
  { signal: "SIGKILL", waitMs: 5_000 },
] as const;
const POLL_MS = 50;

/**
 * Stops whatever an earlier run left over a data folder: a postmaster whose server was killed, or the backends of a
 * postmaster that was killed. Nobody else may be using the folder: the caller holds its lock. Throws
 * {@link DatabaseUnavailable} when something cannot be stopped.
 */
export async function stopLeftovers(dataFolder: string): Promise<void> {
  const postmasterFile = readPostmasterFile(dataFolder);
  for (const { signal, waitMs } of ESCALATION) {
    const pids = processesOver(dataFolder, postmasterFile);
    if (pids.length === 0) break;
    for (const pid of pids) send(pid, signal);
    await waitUntilGone(dataFolder, postmasterFile, waitMs);
  }
  if (processesOver(dataFolder, postmasterFile).length > 0) {
    throw new DatabaseUnavailable(
      `an earlier PostgreSQL over ${dataFolder} cannot be stopped: end it by hand.`,
    );
  }
  removeSocketFolder(postmasterFile);
}

/** What PostgreSQL notes in `postmaster.pid`: line 1 the process, line 5 the socket folder. */
type PostmasterFile = { readonly pid: number; readonly socketFolder: string };

function readPostmasterFile(dataFolder: string): PostmasterFile | null {
  const path = join(dataFolder, "postmaster.pid");
  if (!existsSync(path)) return null;
  const lines = readFileSync(path, "utf8").split("\n");
  return { pid: Number(lines[0]), socketFolder: lines[4] ?? "" };
}

/**
 * Processes whose working folder is the data folder, which PostgreSQL's postmaster and backends enter at start. A
 * process number in a file alone proves nothing after a restart of the machine.
 */
function processesOver(dataFolder: string, file: PostmasterFile | null): readonly number[] {
  if (process.platform === "linux") return processesInside(realpathSync(dataFolder));
  return file !== null && isAlive(file.pid) ? [file.pid] : [];
}

function processesInside(folder: string): readonly number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const inside = pids.filter((pid) => linkTarget(`/proc/${pid}/cwd`) === folder);
  return inside.filter((pid) => isPostgres(pid)).map(Number);
}

/** An administrator's shell may stand in the folder, too. */
function isPostgres(pid: string): boolean {
  const program = linkTarget(`/proc/${pid}/exe`);
  return program !== null && basename(program.replace(/ \(deleted\)$/, "")) === "postgres";
}

/** Null when the process is gone or not ours to look at. */
function linkTarget(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : "";
    if (code === "ENOENT" || code === "EACCES" || code === "ESRCH") return null;
    throw cause;
  }
}

function isAlive(pid: number): boolean {
  return send(pid, 0);
}

/** False when there is no such process. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ESRCH") return false;
    throw cause;
  }
}

async function waitUntilGone(
  dataFolder: string,
  file: PostmasterFile | null,
  waitMs: number,
): Promise<void> {
  for (let waited = 0; waited < waitMs; waited += POLL_MS) {
    if (processesOver(dataFolder, file).length === 0) return;
    await sleep(POLL_MS);
  }
}

function removeSocketFolder(file: PostmasterFile | null): void {
  if (file === null || !basename(file.socketFolder).startsWith(SOCKET_FOLDER_PREFIX)) return;
  rmSync(file.socketFolder, { recursive: true, force: true });
}
