import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { onTestFinished } from "vitest";
import { until } from "./real-clock.ts";

/** A scanner on a real pseudo terminal: what is written to it comes out at `path`. */
export type VirtualSerial = {
  readonly path: string;
  readonly send: (bytes: Uint8Array | string) => Promise<void>;
  /** Pulls the cable: the terminal hangs up. */
  readonly unplug: () => Promise<void>;
  /** Pulls it in the middle of whatever this process is doing: returns when the terminal has hung up. */
  readonly cutNow: () => void;
  /** Puts it back under the same path. */
  readonly plug: () => Promise<void>;
};

const PROGRAM = "socat";

/** Pseudo terminals come from socat. Where it cannot be had these suites are counted as skipped, never in CI. */
export const isSerialTestable =
  process.platform !== "win32" && (hasProgram(PROGRAM) || process.env["CI"] === "true");

export async function openVirtualSerial(): Promise<VirtualSerial> {
  const folder = mkdtempSync(join(tmpdir(), "tramqr-pty-"));
  const path = join(folder, "scanner");
  let socat: ChildProcess | null = null;

  const plug = async () => {
    socat = spawn(PROGRAM, [`pty,raw,echo=0,link=${path}`, "STDIO"], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    // Whoever still writes when the cable is pulled learns it from the write itself.
    socat.stdin?.on("error", () => {});
    await until(() => existsSync(path), "the pseudo terminal");
  };
  const unplug = async () => {
    if (socat === null || socat.exitCode !== null || socat.signalCode !== null) return;
    const exit = once(socat, "exit");
    socat.kill("SIGKILL");
    await exit;
    rmSync(path, { force: true });
  };
  onTestFinished(async () => {
    await unplug();
    rmSync(folder, { recursive: true, force: true });
  });
  await plug();
  return {
    path,
    plug,
    unplug,
    cutNow() {
      socat?.kill("SIGKILL");
      standStill(100);
    },
    send: (bytes) =>
      new Promise((resolve, reject) => {
        const input = socat?.stdin;
        if (!input) return reject(new Error("the scanner is not plugged in"));
        input.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
  };
}

/** Keeps the event loop from turning, as a long computation would. */
function standStill(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs) {
    // Busy on purpose.
  }
}

function hasProgram(name: string): boolean {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .some((folder) => existsSync(join(folder, name)));
}
