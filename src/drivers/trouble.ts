import { DeviceLost } from "#drivers/driver.ts";
import type { DeviceTrouble } from "#drivers/driver.ts";

/**
 * What the native modules say, in their words: serialport and node-hid give no error codes when opening fails, only
 * strerror texts (Linux, macOS) or their own (Windows: `Access denied` is a port that another program holds).
 */
const texts: readonly (readonly [RegExp, DeviceTrouble])[] = [
  [/temporarily unavailable|cannot lock|resource busy|EBUSY|EAGAIN|access denied/i, "busy"],
  [/permission denied|operation not permitted|EACCES|EPERM/i, "no-permission"],
  [/no such device|ENXIO|ENODEV|disconnected/i, "unplugged"],
  [/no such file|file not found|ENOENT|no hid devices/i, "not-found"],
];

/** Names the trouble behind a native module's error. Unknown texts are `failed`. */
export function troubleOf(cause: unknown): DeviceTrouble {
  const text = cause instanceof Error ? cause.message : String(cause);
  return texts.find(([pattern]) => pattern.test(text))?.[1] ?? "failed";
}

/** Wraps whatever a native module threw; node-hid rejects and emits with plain strings. */
export function deviceLost(
  device: string,
  cause: unknown,
  trouble = troubleOf(cause),
  holder: string | null = null,
): DeviceLost {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  return new DeviceLost(device, trouble, { cause: error, holder });
}
