import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
  existsSync,
} from "node:fs";
import { dirname } from "node:path";

/**
 * Writes a small file so that after a power cut there is the old one or the new one, whole: temporary file → fsync →
 * rename → fsync of the folder. Anything less left torn or stale files in a third of all simulated cuts.
 * Readable by the owner only.
 */
export function writeFileDurably(path: string, bytes: Uint8Array): void {
  const temporary = `${path}.new`;
  if (existsSync(temporary)) unlinkSync(temporary);
  const file = openSync(temporary, "wx", 0o600);
  try {
    writeWhole(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/**
 * Makes a folder that only its owner can enter, with its parents. Existing folders are left as they are. Step by step,
 * because Node's own `recursive` never returns where the system refuses with ENOENT, as below /proc.
 */
export function makePrivateFolder(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makePrivateFolder(parent);
  mkdirSync(path, { mode: 0o700 });
}

/** Makes renames and creations in a folder survive a power cut. Windows has no such call; NTFS journals them. */
export function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function writeWhole(file: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(file, bytes, done);
}
