import type { HidInterface, HidModule } from "#drivers/hid-module.ts";
import { isHidPosScanner } from "#drivers/hid-pos.ts";
import { isThatScanner } from "#drivers/scanner-id.ts";
import type { ScannerId } from "#drivers/scanner-id.ts";
import type { ScannerSpec } from "#drivers/scanner-spec.ts";
import type { UsbSerialPort } from "#drivers/serial-ports.ts";
import { DEFAULT_BAUD_RATE } from "#drivers/serial.ts";
import { modelName, usbKindOf } from "#drivers/vendors.ts";
import type { WrongMode } from "#drivers/vendors.ts";

/** A scanner that is plugged in, in a mode that can be read. `label` is for people: maker and model. */
export type ReadyScanner = {
  readonly kind: "ready";
  readonly mode: "serial" | "hid";
  /** Where it is now; another one when it is plugged in again. */
  readonly path: string;
  readonly id: ScannerId;
  readonly label: string;
};

/** What was found on this machine, and what can be done with it. */
export type FoundScanner =
  | ReadyScanner
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

/** Looks for scanners by their USB numbers. Opens nothing, never rejects. A scanner that shows both faces is serial. */
export async function findScanners(ports: DiscoveryPorts): Promise<readonly FoundScanner[]> {
  const [serial, hid] = await Promise.all([
    listOr("serial", async () => (await ports.listSerialPorts()).flatMap(foundOnSerial)),
    listOr("hid", async () => foundOnHid(await ports.hid.list())),
  ]);
  const isOnSerial = ({ id }: ReadyScanner) =>
    serial.some((found) => found.kind === "ready" && isThatScanner(found.id, id));
  return [...serial, ...hid.filter((found) => found.kind !== "ready" || !isOnSerial(found))];
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
  const label = labelOf(usb.maker, port);
  if (usb.kind === "bridge") {
    const spec = { kind: "serial", path: port.path, baudRate: DEFAULT_BAUD_RATE } as const;
    return [{ kind: "cable", spec, label }];
  }
  return [{ kind: "ready", mode: "serial", path: port.node, id: idOf(port), label }];
}

/** One entry per device that can be read, and one per model that cannot. */
function foundOnHid(interfaces: readonly HidInterface[]): readonly FoundScanner[] {
  const ready = new Map<string, FoundScanner>();
  const wrong = new Map<string, FoundScanner>();
  const models = new Set<string>();
  for (const device of interfaces) {
    if (!isHidPosScanner(device)) continue;
    models.add(modelName(device.vendorId, device.productId));
    ready.set(device.path, readyHid(device));
  }
  for (const device of interfaces) {
    const model = modelName(device.vendorId, device.productId);
    const found = models.has(model) ? null : wrongModeHid(device);
    if (found !== null && !wrong.has(model)) wrong.set(model, found);
  }
  return [...ready.values(), ...wrong.values()];
}

function readyHid(device: HidInterface): ReadyScanner {
  const usb = usbKindOf(device.vendorId, device.productId);
  const maker = usb.kind === "unknown" ? "USB" : usb.maker;
  const label = labelOf(maker, device);
  return { kind: "ready", mode: "hid", path: device.path, id: idOf(device), label };
}

function idOf({ vendorId, productId, serialNumber }: ScannerId): ScannerId {
  return { vendorId, productId, serialNumber };
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
