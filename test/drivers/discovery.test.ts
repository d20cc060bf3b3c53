import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { findScanners } from "#drivers/discovery.ts";
import type { HidInterface } from "#drivers/hid-module.ts";
import { nodeHid } from "#drivers/hid-module.ts";
import { listOnLinux, listUsbSerialPorts } from "#drivers/serial-ports.ts";
import type { UsbSerialPort } from "#drivers/serial-ports.ts";
import { usbKindOf } from "#drivers/vendors.ts";
import { scannerAt } from "./fake-hid.ts";

const portOf = (path: string, vendorId: number, productId: number): UsbSerialPort => ({
  path,
  vendorId,
  productId,
  product: "Made up",
  serialNumber: "A0001",
  node: path,
});

const find = (ports: readonly UsbSerialPort[], hid: readonly HidInterface[] = []) =>
  findScanners({
    listSerialPorts: () => Promise.resolve(ports),
    hid: { list: () => Promise.resolve(hid) },
  });

describe("the search for scanners", () => {
  test("takes a USB serial scanner by its maker, and leaves other devices alone", async () => {
    const found = await find([
      portOf("/dev/ttyACM0", 0x05e0, 0x1701),
      portOf("/dev/ttyACM1", 0x2341, 0x0043),
      portOf("COM3", 0x1eab, 0x1a06),
    ]);

    expect(found).toEqual([
      {
        kind: "ready",
        mode: "serial",
        path: "/dev/ttyACM0",
        id: { vendorId: 0x05e0, productId: 0x1701, serialNumber: "A0001" },
        label: "Zebra Made up (05e0:1701)",
      },
      {
        kind: "ready",
        mode: "serial",
        path: "COM3",
        id: { vendorId: 0x1eab, productId: 0x1a06, serialNumber: "A0001" },
        label: "Newland Made up (1eab:1a06)",
      },
    ]);
  });

  test("names a serial cable, on which anything may hang, but does not call it ready", async () => {
    const found = await find([portOf("/dev/ttyUSB0", 0x1a86, 0x7523)]);

    expect(found).toMatchObject([{ kind: "cable", label: "CH340 Made up (1a86:7523)" }]);
  });

  test("takes every HID POS scanner once, also one that shows several interfaces", async () => {
    const keyboard = { ...scannerAt("/dev/hidraw0"), usagePage: 1, usage: 6 };
    const [one, other] = [scannerAt("/dev/hidraw1"), scannerAt("/dev/hidraw2")];
    const found = await find([], [keyboard, one, one, { ...other, serialNumber: "B2" }]);

    expect(found).toEqual(
      ["", "B2"].map((serialNumber, index) => ({
        kind: "ready",
        mode: "hid",
        path: `/dev/hidraw${index + 1}`,
        id: { vendorId: 0x1eab, productId: 0x1a10, serialNumber },
        label: "Newland Made-up scanner (1eab:1a10)",
      })),
    );
  });

  test("takes a scanner that shows itself on both buses over serial alone", async () => {
    const port = portOf("/dev/ttyACM0", 0x1eab, 0x1a10);
    const found = await find([port], [{ ...scannerAt("/dev/hidraw1"), serialNumber: "A0001" }]);

    expect(found).toMatchObject([{ kind: "ready", mode: "serial" }]);
  });

  test("takes a HID POS scanner of an unknown maker: the interface says what it is", async () => {
    const unknown = { ...scannerAt("/dev/hidraw1"), vendorId: 0x1234, product: "" };

    expect(await find([], [unknown])).toMatchObject([{ kind: "ready", label: "USB (1234:1a10)" }]);
  });

  test("tells a scanner that types or speaks its maker's protocol, and no keyboard of another maker", async () => {
    const typing = { ...scannerAt("/dev/hidraw0", 0x1a03), usagePage: 1, usage: 6 };
    const snapi = { ...scannerAt("/dev/hidraw1", 0x1900), vendorId: 0x05e0, usagePage: 0xff45 };
    const keyboard = { ...scannerAt("/dev/hidraw2"), vendorId: 0x046d, usagePage: 1, usage: 6 };

    expect(await find([], [typing, snapi, keyboard])).toMatchObject([
      { kind: "wrong-mode", mode: "keyboard", label: "Newland Made-up scanner (1eab:1a03)" },
      { kind: "wrong-mode", mode: "own-protocol", label: "Zebra Made-up scanner (05e0:1900)" },
    ]);
  });

  test("finds on one bus what is there when the other cannot be listed", async () => {
    const cause = new Error("libusb-1.0.so.0: cannot open shared object file");

    const found = await findScanners({
      listSerialPorts: () => Promise.resolve([portOf("/dev/ttyACM0", 0x0c2e, 0x0b6a)]),
      hid: { list: () => Promise.reject(cause) },
    });

    expect(found).toMatchObject([{ kind: "ready" }, { kind: "not-listed", bus: "hid", cause }]);
  });

  test("runs on this machine, without udevadm too", async () => {
    const path = process.env["PATH"];
    process.env["PATH"] = "/nonexistent";
    onTestFinished(() => {
      process.env["PATH"] = path;
    });

    const found = await findScanners({ listSerialPorts: listUsbSerialPorts, hid: nodeHid });

    expect(found.filter(({ kind }) => kind === "not-listed")).toEqual([]);
  });

  test.each([
    [0x1eab, 0x8303, "keyboard"],
    [0x1eab, 0x8306, null],
    [0x0c2e, 0x0200, "keyboard"],
    [0x05e0, 0x1900, "own-protocol"],
  ])("knows the mode of %i:%i by its number", (vendorId, productId, wrongMode) => {
    expect(usbKindOf(vendorId, productId)).toMatchObject({ kind: "scanner", wrongMode });
  });
});

/** A sysfs of our own, as the kernel lays it out. */
function fakeLinux() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "tramqr-sysfs-")));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const usb = "devices/pci0000:00/usb1";
  write(`${usb}/1-1/idVendor`, "0c2e\n");
  write(`${usb}/1-1/idProduct`, "0b6a\n");
  write(`${usb}/1-1/product`, "Made-up scanner\n");
  write(`${usb}/1-1/serial`, "A0001\n");
  write(`${usb}/1-1/1-1:1.0/tty/ttyACM0/dev`, "166:0\n");
  write(`${usb}/1-2/idVendor`, "1a86\n");
  write(`${usb}/1-2/idProduct`, "7523\n");
  write(`${usb}/1-2/1-2:1.0/ttyUSB0/tty/ttyUSB0/dev`, "188:0\n");
  write("devices/platform/serial8250/tty/ttyS0/dev", "4:64\n");
  for (const [tty, device] of [
    ["ttyACM0", `${usb}/1-1/1-1:1.0`],
    ["ttyUSB0", `${usb}/1-2/1-2:1.0/ttyUSB0`],
    ["ttyS0", "devices/platform/serial8250"],
  ] as const) {
    mkdirSync(join(root, "class/tty", tty), { recursive: true });
    symlinkSync(join(root, device), join(root, "class/tty", tty, "device"));
    write(`dev/${tty}`, "");
  }
  mkdirSync(join(root, "dev/serial/by-id"), { recursive: true });
  symlinkSync("../../ttyACM0", join(root, "dev/serial/by-id/usb-Made_up_1-if00"));
  return {
    root,
    roots: {
      sysTty: join(root, "class/tty"),
      byId: join(root, "dev/serial/by-id"),
      dev: join(root, "dev"),
    },
  };
}

describe("the list of serial ports on Linux", () => {
  test("gives the numbers of USB ports, by their stable name where there is one, and no built-in port", async () => {
    const { root, roots } = fakeLinux();

    expect(await listOnLinux(roots)).toEqual([
      {
        path: join(root, "dev/serial/by-id/usb-Made_up_1-if00"),
        vendorId: 0x0c2e,
        productId: 0x0b6a,
        product: "Made-up scanner",
        serialNumber: "A0001",
        node: join(root, "dev/ttyACM0"),
      },
      {
        path: join(root, "dev/ttyUSB0"),
        vendorId: 0x1a86,
        productId: 0x7523,
        product: "",
        serialNumber: "",
        node: join(root, "dev/ttyUSB0"),
      },
    ]);
  });

  test("is empty where there are no such folders", async () => {
    const roots = { sysTty: "/nonexistent/tty", byId: "/nonexistent/by-id", dev: "/nonexistent" };

    expect(await listOnLinux(roots)).toEqual([]);
  });

  test("leaves out a port that is pulled while it is looked at", async () => {
    const { root, roots } = fakeLinux();
    rmSync(join(root, "devices/pci0000:00/usb1/1-1"), { recursive: true });

    expect((await listOnLinux(roots)).map(({ vendorId }) => vendorId)).toEqual([0x1a86]);
  });
});
