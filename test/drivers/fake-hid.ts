import type { HidInterface, HidListeners, HidModule } from "#drivers/hid-module.ts";

/** HID devices in the test's hands, behind the same port as node-hid. */
export type FakeHid = HidModule & {
  plug(device: HidInterface): void;
  /** Pulled: readers get node-hid's error, and it is listed no more. */
  unplug(path: string): void;
  send(path: string, reports: readonly Uint8Array[]): void;
  /** How many handles are open now. */
  openCount(): number;
  /** Feature reports in hexadecimal, in the order in which they came. */
  readonly features: readonly string[];
  /** The next openings of this path fail with this text; null: they work again. */
  refuse(path: string, text: string | null): void;
};

export function createFakeHid(): FakeHid {
  const devices = new Map<string, HidInterface>();
  const handles = new Set<{ readonly path: string; readonly listeners: HidListeners }>();
  const refusals = new Map<string, string>();
  const features: string[] = [];
  const at = (path: string) => [...handles].filter((handle) => handle.path === path);

  return {
    features,
    list: () => Promise.resolve([...devices.values()]),
    open(path, listeners) {
      const refusal =
        refusals.get(path) ?? (devices.has(path) ? null : "No such file or directory");
      if (refusal !== null) {
        // Texts as node-hid 3.4.0 gives them.
        return Promise.reject(new Error(`cannot open device with path ${path}: ${refusal}`));
      }
      const handle = { path, listeners };
      handles.add(handle);
      return Promise.resolve({
        sendFeatureReport(report) {
          features.push(Buffer.from(report).toString("hex"));
          return Promise.reject(new Error("ioctl (SFEATURE): Broken pipe"));
        },
        close() {
          handles.delete(handle);
          return Promise.resolve();
        },
      });
    },
    plug: (device) => void devices.set(device.path, device),
    unplug(path) {
      devices.delete(path);
      for (const { listeners } of at(path)) {
        listeners.onError(new Error("could not read from HID device"));
      }
    },
    send(path, reports) {
      for (const report of reports) {
        for (const { listeners } of at(path)) listeners.onReport(report);
      }
    },
    openCount: () => handles.size,
    refuse(path, text) {
      if (text === null) refusals.delete(path);
      else refusals.set(path, text);
    },
  };
}

export const scannerAt = (path: string, productId = 0x1a10): HidInterface => ({
  path,
  vendorId: 0x1eab,
  productId,
  usagePage: 0x8c,
  usage: 2,
  product: "Made-up scanner",
  serialNumber: "",
});
