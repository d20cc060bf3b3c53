import { modelName } from "#drivers/vendors.ts";

/** Who a USB scanner is, in whatever socket it is plugged. */
export type ScannerId = {
  readonly vendorId: number;
  readonly productId: number;
  /** As the device tells it; an empty text when it tells none, null: any scanner of the model. */
  readonly serialNumber: string | null;
};

/** `1eab:1a10` or `1eab:1a10:A0001`: as it stands after `--scanner usb:`, and in the log. */
export function scannerIdText(id: ScannerId): string {
  const model = modelName(id.vendorId, id.productId);
  return id.serialNumber ? `${model}:${id.serialNumber}` : model;
}

/** True when a scanner that is plugged in is the one that is wanted. */
export function isThatScanner(plugged: ScannerId, wanted: ScannerId): boolean {
  if (plugged.vendorId !== wanted.vendorId || plugged.productId !== wanted.productId) return false;
  return wanted.serialNumber === null || wanted.serialNumber === plugged.serialNumber;
}
