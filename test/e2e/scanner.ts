import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants, existsSync, mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { onTestFinished } from "vitest";
import { until } from "./until.ts";

/** A scanner at the other end of a pair of pseudo terminals. */
export type Scanner = {
  /** What the station opens. */
  readonly path: string;
  /** Sends one code and the CR after it. */
  scan(payload: string): Promise<void>;
  /** Pulls the cable: the terminal hangs up, its path is gone. */
  unplug(): Promise<void>;
  /** Puts it back under the same path. */
  plug(): Promise<void>;
};

/** Pseudo terminals and their processes are told from `socat` and `/proc`. Never skipped in CI. */
export const isChainTestable =
  process.platform === "linux" && (hasProgram("socat") || process.env["CI"] === "true");

/** Unplugged when the test is over. */
export async function openScanner(): Promise<Scanner> {
  const folder = mkdtempSync(join(tmpdir(), "tramqr-e2e-pty-"));
  const [path, ownEnd] = [join(folder, "scanner"), join(folder, "trigger")];
  let cable = await plugCable(path, ownEnd);
  onTestFinished(async () => {
    await cable.pull();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    path,
    async scan(payload) {
      await cable.trigger.appendFile(`${payload}\r`);
    },
    unplug: () => cable.pull(),
    async plug() {
      cable = await plugCable(path, ownEnd);
    },
  };
}

async function plugCable(path: string, ownEnd: string) {
  const socat = spawn(
    "socat",
    ["-d", "-d", `pty,raw,echo=0,link=${path}`, `pty,raw,echo=0,link=${ownEnd}`],
    { stdio: "ignore" },
  );
  const ended = once(socat, "exit");
  await until(() => existsSync(path) && existsSync(ownEnd), "the pseudo terminals", 8_000);
  // Without O_NOCTTY the test would get a terminal, and its hang-up.
  const trigger = await open(ownEnd, constants.O_WRONLY | constants.O_NOCTTY);
  let isPulled = false;
  return {
    trigger,
    async pull() {
      if (isPulled) return;
      isPulled = true;
      socat.kill("SIGKILL");
      await ended;
      await trigger.close();
      rmSync(path, { force: true });
      rmSync(ownEnd, { force: true });
    },
  };
}

function hasProgram(name: string): boolean {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .some((folder) => existsSync(join(folder, name)));
}
