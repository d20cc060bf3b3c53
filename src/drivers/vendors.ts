/** How a USB model presents itself when it does so in a way that TramQR cannot read. */
export type WrongMode = "keyboard" | "own-protocol";

/** What is known of a USB vendor and product number. */
export type UsbKind =
  | { readonly kind: "scanner"; readonly maker: string; readonly wrongMode: WrongMode | null }
  /** A cable between USB and RS-232: a scanner may hang on it, or anything else. */
  | { readonly kind: "bridge"; readonly maker: string }
  | { readonly kind: "unknown" };

/**
 * Makers of scanners and little else. Sources: systemd's hardware database (20-usb-vendor-model.hwdb, Debian 12), the
 * makers' integration guides, and the device lists of WebHidBarcodeScanner, vxsuite and open-mSupply.
 */
const makers: ReadonlyMap<number, string> = new Map([
  [0x05e0, "Zebra"],
  [0x0c2e, "Honeywell"],
  [0x0536, "Hand Held Products"],
  [0x067e, "Intermec"],
  [0x23d0, "Youjie"],
  [0x05f9, "Datalogic"],
  [0x080c, "Datalogic"],
  [0x1eab, "Newland"],
  [0x065a, "Opticon"],
  [0x0db5, "Access-IS"],
  [0x1fbb, "Cino"],
  [0x076d, "Denso"],
]);

/** Single models of vendors that make other things too (vxsuite, open-mSupply issue 1795, qz-tray issue 634). */
const models: ReadonlyMap<string, string> = new Map([
  ["2745:300a", "Unitech"],
  ["26f1:8801", "ZKTeco"],
  ["0581:020c", "Tera"],
  ["0581:0115", "Tera"],
]);

const bridges: ReadonlyMap<string, string> = new Map([
  ["0403:6001", "FTDI"],
  ["1a86:7523", "CH340"],
  ["067b:2303", "Prolific"],
  ["10c4:ea60", "CP210x"],
  // Cheap scanners with a small Linux inside keep the numbers of its example gadget (electron-hid-toy issue 14).
  ["0525:a4a7", "Linux gadget"],
  ["0525:a4ac", "Linux gadget"],
]);

/** Models whose number says that they type, or speak a protocol of their own (Zebra SNAPI, IBM hand-held). */
const wrongModes: ReadonlyMap<string, WrongMode> = new Map([
  ["05e0:1200", "keyboard"],
  ["05e0:1900", "own-protocol"],
  ["0c2e:0200", "keyboard"],
  ["0c2e:0204", "keyboard"],
  ["067e:0801", "keyboard"],
  ["05f9:2206", "keyboard"],
  ["05f9:1206", "own-protocol"],
  ["05f9:120c", "own-protocol"],
  ["065a:0001", "keyboard"],
  ["0db5:013a", "keyboard"],
]);

const NEWLAND = 0x1eab;

/** Tells what a USB model is, from its numbers alone. */
export function usbKindOf(vendorId: number, productId: number): UsbKind {
  const model = modelName(vendorId, productId);
  const bridge = bridges.get(model);
  if (bridge !== undefined) return { kind: "bridge", maker: bridge };
  const maker = models.get(model) ?? makers.get(vendorId);
  if (maker === undefined) return { kind: "unknown" };
  return { kind: "scanner", maker, wrongMode: wrongModeOf(vendorId, productId) };
}

/** Every vendor and model that {@link usbKindOf} knows, in hexadecimal; `product` null: all models of a maker. */
export function knownUsbIds() {
  const ofMakers = [...makers.keys()].map((id) => ({ vendor: hex(id), product: null }));
  const ofModels = [...models.keys(), ...bridges.keys()].map((model) => {
    const [vendor = "", product = ""] = model.split(":");
    return { vendor, product };
  });
  return [...ofMakers, ...ofModels].map((id) => ({
    ...id,
    isCable: bridges.has(`${id.vendor}:${id.product ?? ""}`),
  }));
}

/** `0c2e:0b6a`: as `lsusb` and `--scanner hid:…` write it. */
export function modelName(vendorId: number, productId: number): string {
  return `${hex(vendorId)}:${hex(productId)}`;
}

function hex(id: number): string {
  return id.toString(16).padStart(4, "0");
}

/** Over twenty Newland families end in 03 as a keyboard, 06 as a serial port, 10 as HID POS. */
function wrongModeOf(vendorId: number, productId: number): WrongMode | null {
  if (vendorId === NEWLAND && (productId & 0xff) === 0x03) return "keyboard";
  return wrongModes.get(modelName(vendorId, productId)) ?? null;
}
