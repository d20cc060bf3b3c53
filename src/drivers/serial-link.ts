import { read } from "node:fs";
import { stat } from "node:fs/promises";
import { promisify } from "node:util";
import type { SerialPortStream } from "@serialport/stream";

/** What an open port does. */
export type SerialListeners = {
  onBytes(chunk: Uint8Array): void;
  /** The port closed by itself, with the cause the system gave. Called at most once. */
  onLost(cause: Error): void;
};

/** An open serial port. */
export type SerialLink = {
  pause(): void;
  resume(): void;
  /** True while the path still leads to the device that was opened. */
  isSameDevice(): Promise<boolean>;
  /** Gives the port back. Resolves when the handle is closed; a lost port is already closed. */
  close(): Promise<void>;
};

/**
 * Opens `path` exclusively, 8 data bits, no parity, no flow control. Rejects with the system's error. The listeners are
 * attached before the port opens: a port that hangs up while nobody reads is the case that serialport cannot see.
 */
export async function openSerialLink(
  path: string,
  baudRate: number,
  listeners: SerialListeners,
): Promise<SerialLink> {
  const deviceNumber = await deviceNumberOf(path);
  const port = await createPort(path, baudRate);
  port.on("data", (chunk: Uint8Array) => listeners.onBytes(chunk));
  // Errors after opening come with the "close" event, or belong to writes, which we never do; without a listener
  // an "error" event would end the process.
  port.on("error", () => {});
  await new Promise<void>((resolve, reject) => {
    port.open((error) => (error ? reject(error) : resolve()));
  });
  port.on("close", (error: Error | null) => {
    if (error) listeners.onLost(error);
  });
  return {
    pause: () => void port.pause(),
    resume: () => void port.resume(),
    isSameDevice: async () => (await deviceNumberOf(path)) === deviceNumber,
    close: () => closePort(port),
  };
}

/** A port that refuses to be closed is one that the system has taken away already: there is nothing left to release. */
function closePort(port: SerialPortStream): Promise<void> {
  if (!port.isOpen) return Promise.resolve();
  return new Promise((resolve) => port.close(() => resolve()));
}

/** Identifies what a path leads to now; null when it leads nowhere. A by-id link may point to another port later. */
async function deviceNumberOf(path: string): Promise<number | null> {
  if (process.platform === "win32") return (await isListed(path)) ? 1 : null;
  try {
    return (await stat(path)).rdev;
  } catch (cause) {
    if (isMissing(cause)) return null;
    throw cause;
  }
}

/** Windows names no file: a COM port exists as long as the system lists it. */
async function isListed(path: string): Promise<boolean> {
  const { SerialPort } = await import("serialport");
  const ports = await SerialPort.list();
  return ports.some((port) => port.path.toUpperCase() === path.toUpperCase());
}

function isMissing(cause: unknown): boolean {
  const code = cause instanceof Error && "code" in cause ? cause.code : null;
  return code === "ENOENT" || code === "ENOTDIR" || code === "ENXIO" || code === "ENODEV";
}

/** The native modules are loaded only when a serial port is asked for. */
async function createPort(path: string, baudRate: number): Promise<SerialPortStream> {
  const options = { path, baudRate, autoOpen: false };
  if (process.platform !== "linux") {
    const { SerialPort } = await import("serialport");
    return new SerialPort(options);
  }
  const { SerialPortStream } = await import("@serialport/stream");
  return new SerialPortStream({ ...options, binding: await linuxBinding() });
}

/**
 * serialport's Linux binding reads again at once when the system answers 0 bytes. A tty that hung up answers 0 for ever,
 * so an unplugged scanner could leave the port "open" at full CPU without any event (serialport/bindings-cpp issue 162,
 * not fixed in 13.0.0). Here 0 bytes are turned into ENXIO, which the same code takes as "the device is gone".
 */
async function linuxBinding() {
  const { LinuxBinding } = await import("@serialport/bindings-cpp");
  const { unixRead } = await import("@serialport/bindings-cpp/dist/unix-read.js");
  return {
    list: () => LinuxBinding.list(),
    async open(options: Parameters<typeof LinuxBinding.open>[0]) {
      const binding = await LinuxBinding.open(options);
      binding.read = (buffer, offset, length) =>
        unixRead({ binding, buffer, offset, length, fsReadAsync: readOrHungUp as typeof fsRead });
      return binding;
    },
  };
}

const fsRead = promisify(read);

async function readOrHungUp(fd: number, buffer: Buffer, offset: number, length: number) {
  const result = await fsRead(fd, buffer, offset, length, null);
  if (result.bytesRead > 0) return result;
  throw Object.assign(new Error("end of file on a serial port: the device is gone"), {
    code: "ENXIO",
  });
}
