import type { HidInterface, HidModule } from "#drivers/hid-module.ts";
import { isHidPosScanner } from "#drivers/hid-pos.ts";
import { DEFAULT_BAUD_RATE } from "#drivers/serial.ts";
import type { ScannerSpec } from "#drivers/scanner-spec.ts";
import type { UsbSerialPort } from "#drivers/serial-ports.ts";
import { modelName, usbKindOf } from "#drivers/vendors.ts";
import type { WrongMode } from "#drivers/vendors.ts";

/** What was found on this machine, and what can be done with it. `label` is for people: maker and model. */
export type FoundScanner =
  /** A scanner in a mode that can be read. */
  | { readonly kind: "ready"; readonly spec: ScannerSpec; readonly label: string }
  /** A serial cable on which a scanner may hang. Only a person can say; opening it unasked could disturb another device. */
  | { readonly kind: "cable"; readonly spec: ScannerSpec; readonly label: string }
  /** A scanner that types, or speaks its maker's own protocol: one code from its manual sets it right. */
  | { readonly kind: "wrong-mode"; readonly mode: WrongMode; readonly label: string }
  /** A bus that could not be listed, such as HID without libusb. The other one was. */
  | { readonly kind: "not-listed"; readonly bus: "serial" | "hid"; readonly cause: unknown };

export type DiscoveryPorts = {
  readonly listSerialPorts: () => Promise<readonly UsbSerialPort[]>;
  readonly hid: Pick<HidModule, "list">;
};

/** Looks for scanners by their USB numbers. Opens nothing, never rejects. */
export async function findScanners(ports: DiscoveryPorts): Promise<readonly FoundScanner[]> {
  const [serial, hid] = await Promise.all([
    listOr("serial", async () => (await ports.listSerialPorts()).flatMap(foundOnSerial)),
    listOr("hid", async () => foundOnHid(await ports.hid.list())),
  ]);
  return [...serial, ...hid];
}

async function listOr(
  bus: "serial" | "hid",
  list: () => Promise<readonly FoundScanner[]>,
): Promise<readonly FoundScanner[]> {
  try {
    return await list();
  } catch (cause) {
    return [{ kind: "not-listed", bus, cause }];
  }
}

function foundOnSerial(port: UsbSerialPort): readonly FoundScanner[] {
  const usb = usbKindOf(port.vendorId, port.productId);
  if (usb.kind === "unknown") return [];
  const spec = { kind: "serial", path: port.path, baudRate: DEFAULT_BAUD_RATE } as const;
  const label = labelOf(usb.maker, port);
  return [{ kind: usb.kind === "bridge" ? "cable" : "ready", spec, label }];
}

/** One entry per model: the HID driver reads all devices of a model. */
function foundOnHid(interfaces: readonly HidInterface[]): readonly FoundScanner[] {
  const found = new Map<string, FoundScanner>();
  for (const device of interfaces) {
    const model = modelName(device.vendorId, device.productId);
    if (isHidPosScanner(device)) found.set(model, readyHid(device));
    else if (!found.has(model)) {
      const wrong = wrongModeHid(device);
      if (wrong !== null) found.set(model, wrong);
    }
  }
  return [...found.values()];
}

function readyHid(device: HidInterface): FoundScanner {
  const { vendorId, productId } = device;
  const usb = usbKindOf(vendorId, productId);
  const maker = usb.kind === "unknown" ? "USB" : usb.maker;
  const spec = { kind: "hid", model: { vendorId, productId } } as const;
  return { kind: "ready", spec, label: labelOf(maker, device) };
}

const KEYBOARD_PAGE = 0x01;
const KEYBOARD_USAGE = 0x06;

function wrongModeHid(device: HidInterface): FoundScanner | null {
  const usb = usbKindOf(device.vendorId, device.productId);
  if (usb.kind !== "scanner") return null;
  const isKeyboard = device.usagePage === KEYBOARD_PAGE && device.usage === KEYBOARD_USAGE;
  const mode = isKeyboard ? "keyboard" : usb.wrongMode;
  return mode === null ? null : { kind: "wrong-mode", mode, label: labelOf(usb.maker, device) };
}

function labelOf(
  maker: string,
  device: { readonly product: string; readonly vendorId: number; readonly productId: number },
): string {
  const model = modelName(device.vendorId, device.productId);
  return [maker, device.product, `(${model})`].filter((part) => part !== "").join(" ");
}
