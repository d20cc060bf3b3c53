import { existsSync, rmSync, statSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { syncFolder } from "#storage/durable-file.ts";

/**
 * A pre-allocated file whose deletion frees space when the disk is full. SQLite in WAL mode cannot even delete rows
 * then, so rows are no reserve.
 */
export type Ballast = {
  /** Frees the space at once. False when it was already gone. */
  release(): boolean;
  /** Makes the file again when there is room, a piece at a time so that scans go on; false when there is not. */
  restore(): Promise<boolean>;
  isInPlace(): boolean;
};

const CHUNK_BYTES = 1024 * 1024;

/** The ballast of a data folder; really written, because a hole in a sparse file reserves nothing. */
export function openBallast(folder: string, sizeBytes: number): Ballast {
  const path = join(folder, "ballast");
  const unfinished = `${path}.new`;
  const isInPlace = () => existsSync(path) && statSync(path).size >= sizeBytes;
  return {
    isInPlace,
    release() {
      const wasThere = existsSync(path) || existsSync(unfinished);
      rmSync(path, { force: true });
      rmSync(unfinished, { force: true });
      if (wasThere) syncFolder(folder);
      return wasThere;
    },
    async restore() {
      if (isInPlace()) return true;
      if (!(await allocate(unfinished, sizeBytes))) return false;
      await rename(unfinished, path);
      syncFolder(folder);
      return true;
    },
  };
}

async function allocate(path: string, sizeBytes: number): Promise<boolean> {
  const file = await open(path, "w", 0o600);
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES, 0x5a);
    for (let done = 0; done < sizeBytes; done += CHUNK_BYTES) {
      await file.write(chunk, 0, Math.min(CHUNK_BYTES, sizeBytes - done));
    }
    await file.sync();
    return true;
  } catch (cause) {
    await rm(path, { force: true });
    if (isNoSpace(cause)) return false;
    throw cause;
  } finally {
    await file.close();
  }
}

function isNoSpace(cause: unknown): boolean {
  const code = cause instanceof Error && "code" in cause ? cause.code : null;
  return code === "ENOSPC" || code === "EDQUOT" || code === "EROFS";
}
