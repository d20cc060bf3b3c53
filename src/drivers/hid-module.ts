/** A HID interface as the system lists it. */
export type HidInterface = {
  /** What {@link HidModule.open} takes; changes when the device is plugged in again. */
  readonly path: string;
  readonly vendorId: number;
  readonly productId: number;
  /** HID usage page: 0x8C is point of sale, 0x01 with usage 6 is a keyboard. 0 when the system does not tell. */
  readonly usagePage: number;
  readonly usage: number;
  readonly product: string;
  /** As the device tells it, or an empty text. Some makers give every device the same one. */
  readonly serialNumber: string;
};

export type HidListeners = {
  /** One input report, its number first. */
  onReport(report: Uint8Array): void;
  /** The interface is gone, or cannot be read any more. */
  onError(cause: Error): void;
};

/** An open HID interface. */
export type HidLink = {
  sendFeatureReport(report: Uint8Array): Promise<void>;
  close(): Promise<void>;
};

/** The system's HID devices: the port behind which tests put devices of their own. */
export type HidModule = {
  list(): Promise<readonly HidInterface[]>;
  open(path: string, listeners: HidListeners): Promise<HidLink>;
};

/** The real devices, through node-hid. The native module is loaded at the first call. */
export const nodeHid: HidModule = {
  async list() {
    const { devicesAsync } = await import("node-hid");
    return (await devicesAsync()).flatMap((device) => {
      if (device.path === undefined) return [];
      return [
        {
          path: device.path,
          vendorId: device.vendorId,
          productId: device.productId,
          usagePage: device.usagePage ?? 0,
          usage: device.usage ?? 0,
          product: device.product ?? "",
          serialNumber: device.serialNumber ?? "",
        },
      ];
    });
  },
  async open(path, listeners) {
    const { HIDAsync } = await import("node-hid");
    // Not exclusive: Windows' own point-of-sale driver holds the interface too.
    const device = await HIDAsync.open(path, { nonExclusive: true });
    // One data listener for the life of the device: node-hid throws in a later tick at the second one, which ends the
    // process. Its errors are plain strings.
    device.on("error", (cause: unknown) => listeners.onError(asError(cause)));
    device.on("data", (report: Uint8Array) => listeners.onReport(report));
    return {
      async sendFeatureReport(report) {
        await device.sendFeatureReport([...report]);
      },
      close: () => device.close(),
    };
  },
};

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}
