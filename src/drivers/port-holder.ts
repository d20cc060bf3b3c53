import { readdir, readlink, realpath } from "node:fs/promises";
import { basename, join } from "node:path";

/** The longest name that is handed on. */
const MOST_NAME = 32;

/**
 * The program that has a device file open, by its name; null when it cannot be told: on other systems than Linux, and
 * of another user's programs. Never rejects. `proc` is where Linux tells of its processes.
 */
export async function holderOf(path: string, proc = "/proc"): Promise<string | null> {
  if (process.platform !== "linux") return null;
  const device = await orNull(realpath(path));
  const processes = (await orNull(readdir(proc)))?.filter((name) => /^\d+$/.test(name)) ?? [];
  if (device === null) return null;
  for (const pid of processes) {
    if (await holds(join(proc, pid, "fd"), device)) {
      const program = await orNull(readlink(join(proc, pid, "exe")));
      return program === null ? null : basename(program).slice(0, MOST_NAME);
    }
  }
  return null;
}

async function holds(folder: string, device: string): Promise<boolean> {
  const handles = (await orNull(readdir(folder))) ?? [];
  const targets = await Promise.all(
    handles.map((handle) => orNull(readlink(join(folder, handle)))),
  );
  return targets.includes(device);
}

/** Processes end, and other users' are closed to us, while we look: what cannot be read holds nothing that we can name. */
async function orNull<Value>(look: Promise<Value>): Promise<Value | null> {
  try {
    return await look;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause) return null;
    throw cause;
  }
}
