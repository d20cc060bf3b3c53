import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { setPriority } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { speakQmp } from "./qmp.ts";
import type { Qmp } from "./qmp.ts";

/** A running guest. */
export type Machine = {
  readonly qmp: Qmp;
  /** Where the host's end of the serial cable is: connect to it, then plug the cable in. */
  readonly cablePath: string;
  /** What the kernel and the boot scripts print, line by line. */
  onConsole(listen: (line: string) => void): void;
  /** What the guest's program writes on the line of the lab. */
  onMessage(listen: (line: string) => void): void;
  /** Resolves when QEMU has ended, with its last words. */
  readonly ended: Promise<string>;
  kill(): void;
};

export type MachineParts = {
  /** For sockets; short, since a socket's path may have 107 characters. */
  readonly folder: string;
  readonly kernel: string;
  readonly initramfs: string;
  /** Words for the kernel's command line. */
  readonly words: readonly string[];
};

export const QEMU = "qemu-system-x86_64";
const MEMORY_MB = 1_536;
const NICENESS = 10;

/**
 * Starts the guest under software emulation, so that it runs wherever QEMU does. One processor: two take longer on a
 * small host. The host's files are lent read-only; there is no network card.
 */
export async function startMachine(parts: MachineParts): Promise<Machine> {
  const listening = await Promise.all(
    ["console", "orders", "qmp"].map((name) => listen(join(parts.folder, name))),
  );
  const cablePath = join(parts.folder, "cable");
  const child = spawn(QEMU, argumentsOf(parts, cablePath), { stdio: ["ignore", "pipe", "pipe"] });
  const ended = endOf(child);
  await Promise.race([once(child, "spawn"), ended]);
  if (child.pid !== undefined) setPriority(child.pid, NICENESS);
  const failed = ended.then((said) => {
    throw new Error(`QEMU could not begin: ${said}`);
  });
  const sockets = await Promise.race([Promise.all(listening.map(acceptOne)), failed]);
  failed.catch(() => {});
  const [console, orders, qmp] = sockets as [Socket, Socket, Socket];
  return {
    qmp: await speakQmp(qmp),
    cablePath,
    onConsole: (tell) => readLines(console, tell),
    onMessage: (tell) => readLines(orders, tell),
    ended,
    kill: () => void child.kill("SIGKILL"),
  };
}

function argumentsOf({ folder, kernel, initramfs, words }: MachineParts, cable: string) {
  const line = ["console=ttyS0", "quiet", "panic=-1", "mitigations=off", ...words];
  const client = (id: string) => `-chardev socket,id=${id},path=${join(folder, id)}`;
  const groups = [
    `-accel tcg -M q35 -cpu max -smp 1 -m ${MEMORY_MB}`,
    "-display none -vga none -nic none -no-reboot",
    `${client("console")} -serial chardev:console`,
    `${client("orders")} -serial chardev:orders`,
    `-qmp unix:${join(folder, "qmp")}`,
    "-virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap",
    "-device qemu-xhci,id=xhci -device usb-kbd,id=keyboard,bus=xhci.0",
    `-chardev socket,id=cable,path=${cable},server=on,wait=off`,
  ];
  const flags = groups.flatMap((group) => group.split(" "));
  return [...flags, "-kernel", kernel, "-initrd", initramfs, "-append", line.join(" ")];
}

/** A line that breaks off is QEMU's end, which `ended` tells. */
function readLines(socket: Socket, tell: (line: string) => void): void {
  createInterface({ input: socket })
    .on("line", tell)
    .on("error", () => {});
}

async function listen(path: string): Promise<Server> {
  const server = createServer();
  server.listen(path);
  await once(server, "listening");
  return server;
}

async function acceptOne(server: Server): Promise<Socket> {
  const [socket] = (await once(server, "connection")) as [Socket];
  server.close();
  return socket;
}

async function endOf(child: ChildProcess): Promise<string> {
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-2_000)));
  try {
    const [code, signal] = (await once(child, "close")) as [number | null, string | null];
    return `${said.trim()} (${code === null ? signal : `code ${code}`})`.trim();
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}
