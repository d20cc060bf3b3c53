import { readdir, readFile, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";

/** A serial port that hangs on USB. */
export type UsbSerialPort = {
  /** The name that stays the same when the cable moves to another socket, where the system has one. */
  readonly path: string;
  /** The system's own name for it at this moment: `/dev/ttyACM0`, `COM3`. */
  readonly node: string;
  readonly vendorId: number;
  readonly productId: number;
  /** As the device names itself, or an empty text. */
  readonly product: string;
  /** As the device tells it, or an empty text. Some makers give every device the same one. */
  readonly serialNumber: string;
};

/** Where Linux tells about its ports. Tests give a folder of their own. */
export type LinuxRoots = { readonly sysTty: string; readonly byId: string; readonly dev: string };

const linuxRoots: LinuxRoots = {
  sysTty: "/sys/class/tty",
  byId: "/dev/serial/by-id",
  dev: "/dev",
};

/** Lists USB serial ports without opening any. Ports that are soldered on (ttyS0, COM1) are never among them. */
export function listUsbSerialPorts(): Promise<readonly UsbSerialPort[]> {
  return process.platform === "linux" ? listOnLinux(linuxRoots) : listBySerialport();
}

/** Reads sysfs: serialport's own list spawns udevadm, which not every machine has (`spawn udevadm ENOENT`). */
export async function listOnLinux(roots: LinuxRoots): Promise<readonly UsbSerialPort[]> {
  const stableNames = await readStableNames(roots.byId);
  const names = (await namesIn(roots.sysTty)).filter((name) => /^tty(ACM|USB)\d+$/.test(name));
  const ports = await Promise.all(
    names.toSorted().map(async (name) => {
      const usb = await readUsbDevice(join(roots.sysTty, name, "device"));
      const node = join(roots.dev, name);
      return usb === null ? null : { ...usb, node, path: stableNames.get(node) ?? node };
    }),
  );
  return ports.filter((port) => port !== null);
}

/** Walks up from the port to the USB device that has the numbers. */
async function readUsbDevice(device: string): Promise<Omit<UsbSerialPort, "path" | "node"> | null> {
  let folder = await resolved(device);
  // Port, interface, device: the numbers are at most three steps up.
  for (let step = 0; folder !== null && step < 4; step += 1) {
    const vendor = await textOf(join(folder, "idVendor"));
    if (vendor !== "") {
      return {
        vendorId: parseInt(vendor, 16),
        productId: parseInt(await textOf(join(folder, "idProduct")), 16),
        product: await textOf(join(folder, "product")),
        serialNumber: await textOf(join(folder, "serial")),
      };
    }
    folder = dirname(folder);
  }
  return null;
}

/** Device path → its link in /dev/serial/by-id, which udev makes from maker, model and serial number. */
async function readStableNames(byId: string): Promise<ReadonlyMap<string, string>> {
  const links = await Promise.all(
    (await namesIn(byId)).map(async (name) => {
      const link = join(byId, name);
      return { link, target: await resolved(link) };
    }),
  );
  return new Map(links.flatMap(({ link, target }) => (target === null ? [] : [[target, link]])));
}

/** A device may be pulled while we look: what is gone is not there. */
async function orWhenGone<Value>(look: Promise<Value>, instead: Value): Promise<Value> {
  try {
    return await look;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : null;
    if (code === "ENOENT" || code === "ENODEV" || code === "ENOTDIR") return instead;
    throw cause;
  }
}

const namesIn = (folder: string) => orWhenGone(readdir(folder), []);
const resolved = (path: string) => orWhenGone<string | null>(realpath(path), null);
const textOf = async (path: string) => (await orWhenGone(readFile(path, "utf8"), "")).trim();

/** Windows and macOS. The numbers come as hexadecimal text, in capitals or not. */
async function listBySerialport(): Promise<readonly UsbSerialPort[]> {
  const { SerialPort } = await import("serialport");
  return (await SerialPort.list()).flatMap((port) => {
    const { path, vendorId, productId } = port;
    if (vendorId === undefined || productId === undefined) return [];
    return [
      {
        path,
        node: path,
        vendorId: parseInt(vendorId, 16),
        productId: parseInt(productId, 16),
        product: port.manufacturer ?? "",
        serialNumber: port.serialNumber ?? "",
      },
    ];
  });
}
