import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { syncFolder } from "#storage/durable-file.ts";

/**
 * A pre-allocated file whose deletion frees space when the disk is full. SQLite in WAL mode cannot even delete rows
 * then, so rows are no reserve.
 */
export type Ballast = {
  /** Frees the space. False when it was already gone. */
  release(): boolean;
  /** Makes the file again when there is room; false when there is not. */
  restore(): boolean;
  isInPlace(): boolean;
};

const CHUNK_BYTES = 1024 * 1024;

/** The ballast of a data folder; really written, because a hole in a sparse file reserves nothing. */
export function openBallast(folder: string, sizeBytes: number): Ballast {
  const path = join(folder, "ballast");
  const isInPlace = () => existsSync(path) && statSync(path).size >= sizeBytes;
  const ballast: Ballast = {
    isInPlace,
    release() {
      if (!existsSync(path)) return false;
      rmSync(path);
      syncFolder(folder);
      return true;
    },
    restore() {
      if (isInPlace()) return true;
      return allocate(path, sizeBytes);
    },
  };
  return ballast;
}

function allocate(path: string, sizeBytes: number): boolean {
  const file = openSync(path, "w", 0o600);
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES, 0x5a);
    for (let done = 0; done < sizeBytes; done += CHUNK_BYTES) writeSync(file, chunk);
    ftruncateSync(file, sizeBytes);
    fsyncSync(file);
    return true;
  } catch (cause) {
    rmSync(path, { force: true });
    if (isNoSpace(cause)) return false;
    throw cause;
  } finally {
    closeSync(file);
  }
}

function isNoSpace(cause: unknown): boolean {
  const code = cause instanceof Error && "code" in cause ? cause.code : null;
  return code === "ENOSPC" || code === "EDQUOT" || code === "EROFS";
}
