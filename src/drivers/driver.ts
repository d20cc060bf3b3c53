import type { Dropped, Scan } from "#core/scan.ts";

/** What a driver may tell its supervisor besides scans. */
export type DriverReport = {
  /** The device is open and being read. */
  onOpen(): void;
  /** Bytes were thrown away; counted and logged. */
  onDropped(dropped: Dropped): void;
};

/** Why a device cannot be read, in the words of an action for the guard. */
export type DeviceTrouble = "unplugged" | "busy" | "no-permission" | "not-found" | "failed";

type DeviceLostOptions = ErrorOptions & { readonly holder?: string | null };

/** A device went away or would not open. The supervisor waits and opens it again. */
export class DeviceLost extends Error {
  override readonly name = "DeviceLost";
  readonly device: string;
  readonly trouble: DeviceTrouble;
  /** Of a busy device: the program that holds it, where the system tells; else null. */
  readonly holder: string | null;
  constructor(device: string, trouble: DeviceTrouble, options?: DeviceLostOptions) {
    super(`${device}: ${trouble}`, options);
    this.device = device;
    this.trouble = trouble;
    this.holder = options?.holder ?? null;
  }
}

/**
 * One configured scanner. Promises, kept by the contract suite (test/drivers/contract.ts) for every driver:
 * scans come in the order of their terminators; abort ends the iteration at once and without an error; a break or a
 * throw in the consumer releases the device; an unplugged device throws {@link DeviceLost}; nothing is merged across
 * two openings.
 */
export type Driver = {
  /** As configured: `serial:/dev/ttyUSB0`, `usb:1eab:1a10`, `stdin`, `demo`. */
  readonly device: string;
  readonly kind: "serial" | "hid" | "usb" | "wedge" | "stdin" | "demo";
  /** True for sources that end by themselves (stdin): the supervisor does not open them again. */
  readonly endsByItself: boolean;
  read(signal: AbortSignal, report: DriverReport): AsyncIterable<Scan>;
};
