import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHROMIUM } from "../screens/open-screen.ts";

/** A screen of its own for tests that need a real window, with a window manager, and keys that a person would press. */
export type XDisplay = {
  /** What a program needs to draw on it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Presses keys as `xdotool` names them: `ctrl+n`, `F12`. */
  press(...keys: readonly string[]): Promise<void>;
  close(): Promise<void>;
};

const XVFB = "/usr/bin/Xvfb";
const OPENBOX = "/usr/bin/openbox";
const XDOTOOL = "/usr/bin/xdotool";
const toShow = [XVFB, OPENBOX, CHROMIUM];

/** Whether this machine can show a window at all. */
export const canShowWindows = toShow.every((path) => existsSync(path));
/** Whether keys can be pressed too. */
export const canPressKeys = canShowWindows && existsSync(XDOTOOL);

/** 1366x768, open only to whoever holds the access file, as a desktop is. */
export async function openDisplay(): Promise<XDisplay> {
  const folder = mkdtempSync(join(tmpdir(), "tramqr-display-"));
  const access = join(folder, "Xauthority");
  writeFileSync(access, accessFile(randomBytes(16)), { mode: 0o600 });
  const server = spawn(
    XVFB,
    ["-displayfd", "3", "-screen", "0", "1366x768x24", "-auth", access, "-nolisten", "tcp"],
    { stdio: ["ignore", "ignore", "ignore", "pipe"] },
  );
  const environment = { DISPLAY: `:${await displayNumber(server)}`, XAUTHORITY: access };
  const manager = spawn(OPENBOX, [], {
    stdio: "ignore",
    env: { PATH: process.env["PATH"] ?? "", HOME: folder, ...environment },
  });
  return {
    environment,
    async press(...keys) {
      for (const key of keys) await run(XDOTOOL, ["key", "--clearmodifiers", key], environment);
    },
    async close() {
      await end(manager);
      await end(server);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One MIT-MAGIC-COOKIE-1 entry for any display of any host, as Xau(7) describes it. */
function accessFile(cookie: Buffer): Buffer {
  const field = (value: Buffer) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(value.length);
    return Buffer.concat([length, value]);
  };
  const anyFamily = Buffer.from([0xff, 0xff]);
  const parts = [Buffer.alloc(0), Buffer.alloc(0), Buffer.from("MIT-MAGIC-COOKIE-1"), cookie];
  return Buffer.concat([anyFamily, ...parts.map(field)]);
}

function displayNumber(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("exit", (code) => reject(new Error(`Xvfb ended: ${code}`)));
    server.stdio[3]?.once("data", (data: Buffer) => resolve(data.toString().trim()));
  });
}

function run(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: "ignore",
      env: { PATH: process.env["PATH"] ?? "", ...environment },
    });
    child.once("error", reject);
    child.once("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} ended: ${code}`)),
    );
  });
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}
