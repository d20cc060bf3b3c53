import { createHash } from "node:crypto";
import { mkdirSync, realpathSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { Server } from "node:net";
import { join } from "node:path";

/** Another process works with this data folder. */
export class ProvinceInUse extends Error {
  override readonly name = "ProvinceInUse";
}

/** Held while a process works with a province's folder; the operating system takes it back from a dead process. */
export type FolderLock = { release(): Promise<void> };

/** Takes the folder for this process alone; makes it when it is missing. Throws {@link ProvinceInUse}. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const server = createServer((socket) => socket.destroy());
  await listen(server, lockName(realpathSync(folder)), folder);
  return {
    release: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}

/** A name in the kernel, not a file: on Linux an abstract socket, on Windows a named pipe. */
function lockName(folder: string): string {
  const digest = createHash("sha256").update(folder).digest("hex").slice(0, 32);
  if (process.platform === "win32") return `\\\\.\\pipe\\tramqr-lock-${digest}`;
  if (process.platform === "linux") return `\0tramqr-lock-${digest}`;
  const path = join(folder, "lock.sock");
  rmSync(path, { force: true });
  return path;
}

function listen(server: Server, name: string, folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      const isTaken = "code" in cause && cause.code === "EADDRINUSE";
      reject(
        isTaken
          ? new ProvinceInUse(`Another program is working with ${folder}.`, { cause })
          : cause,
      );
    });
    server.listen(name, () => resolve());
  });
}
