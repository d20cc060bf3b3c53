import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { syncFolder } from "#storage/durable-file.ts";

const IS_KEY = /^book\.key\./;

/**
 * Removes everything from a station's folder but the file `kept`, so that a power cut after the return brings nothing
 * back. Keys first, overwritten: what is left of an encrypted book without them can be read by nobody. May be called
 * again after it was interrupted.
 */
export function forgetFolder(folder: string, kept: string): void {
  const names = readdirSync(folder).filter((name) => name !== kept);
  const keys = names.filter((name) => IS_KEY.test(name));
  for (const name of keys) overwrite(join(folder, name));
  for (const name of keys) rmSync(join(folder, name));
  syncFolder(folder);
  for (const name of names) rmSync(join(folder, name), { recursive: true, force: true });
  syncFolder(folder);
}

/** In place: a disk that writes elsewhere (flash) keeps the old bytes until it reuses them, which nobody can order. */
function overwrite(path: string): void {
  if (!statSync(path).isFile()) return;
  const file = openSync(path, "r+");
  try {
    writeSync(file, Buffer.alloc(fstatSync(file).size), 0);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
