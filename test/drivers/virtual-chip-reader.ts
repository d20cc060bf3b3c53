import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Transmit } from "#core/chip/command.ts";

/** The real PC/SC service over a virtual contactless reader: what a card says comes from the test. */
export type VirtualChipReader = {
  /** Lays a card on the reader, and takes it away again when the returned function is called. */
  layOn(transmit: Transmit): Promise<() => void>;
  close(): Promise<void>;
};

const PCSCD = "/usr/sbin/pcscd";
const DRIVER = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";

/** Debian's service and virtual reader, and the right to start them. */
export const hasVirtualChipReader =
  existsSync(PCSCD) && existsSync(DRIVER) && process.getuid?.() === 0;

/** Answer to reset of a contactless card (PC/SC part 3, 3.1.3.2.3.1). */
const ATR = Buffer.from("3b80800101", "hex");
const [POWER_OFF, POWER_ON, RESET, GET_ATR] = [0, 1, 2, 4];

export async function startVirtualChipReader(): Promise<VirtualChipReader> {
  const folder = mkdtempSync(join(tmpdir(), "tramqr-pcsc-"));
  const port = await freePort();
  writeFileSync(
    join(folder, "virtual"),
    `FRIENDLYNAME "Virtual"\nDEVICENAME /dev/null:0x${port.toString(16)}\nLIBPATH ${DRIVER}\nCHANNELID 0x${port.toString(16)}\n`,
  );
  const service = spawn(PCSCD, ["--foreground", "--critical", "--config", folder], {
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => service.once("exit", resolve));
  await untilListening(port);
  return {
    async layOn(transmit) {
      const socket = await connected(port);
      serve(socket, transmit);
      return () => socket.destroy();
    },
    async close() {
      service.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** vpcd's protocol: two bytes of length, then a control byte or a command. */
function serve(socket: Socket, transmit: Transmit): void {
  let held = Buffer.alloc(0);
  const send = (bytes: Uint8Array) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    socket.write(Buffer.concat([length, bytes]));
  };
  socket.on("data", (part) => {
    held = Buffer.concat([held, part]);
    while (held.length >= 2 && held.length >= 2 + held.readUInt16BE()) {
      const end = 2 + held.readUInt16BE();
      const message = held.subarray(2, end);
      held = held.subarray(end);
      const control = message.length === 1 ? message[0] : undefined;
      if (control === GET_ATR) send(ATR);
      else if (control === POWER_OFF || control === POWER_ON || control === RESET) continue;
      else void transmit(new Uint8Array(message)).then(send);
    }
  });
  // The service ends the connection when it stops, or the test does.
  socket.on("error", () => socket.destroy());
}

async function untilListening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    // Not by a connection: the reader would take it for a card.
    if (await isTaken(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the PC/SC service did not open its virtual reader");
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(true));
    server.listen(port, () => server.close(() => resolve(false)));
  });
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(socket));
    socket.once("error", reject);
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
