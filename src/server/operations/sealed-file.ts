import { existsSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import {
  CannotOpen,
  openMessage,
  recipientContext,
  sealMessage,
  senderContext,
} from "#sealing/hpke.ts";
import type { KeyPair } from "#sealing/keys.ts";

/**
 * A sealed file: magic (16) ‖ encapsulated key (32) ‖ frames of length (4, big endian) ‖ ciphertext and tag. Frames are
 * the numbered messages of one HPKE context, so none can be lost, doubled or moved; the writer's last one says that it
 * is the last (docs/formats/backup.md).
 */
const MAGIC = Buffer.from("TRAMQR-BACKUP-1\n");
const INFO = Buffer.from("tramqr-backup-v1");
const ENCAPSULATED_BYTES = 32;
const LENGTH_BYTES = 4;
const NO_DATA = new Uint8Array();
/** Longest frame that is read: what a writer puts into one, and room. */
const MAX_FRAME_BYTES = 8 * 1024 * 1024;

/** The file is no backup, is damaged, or was sealed to another key; the message is one sentence. */
export class BadBackup extends Error {
  override readonly name = "BadBackup";
}

/** Takes frames one after the other. */
export type FrameWriter = (frame: Uint8Array) => Promise<void>;

/**
 * Writes a sealed file that appears under its name only when `work` is done and everything is on disk. An existing file
 * is never replaced: throws {@link BadBackup}.
 */
export async function writeSealedFile(
  path: string,
  keys: { readonly recipient: Uint8Array; readonly ephemeral: KeyPair },
  work: (write: FrameWriter) => Promise<void>,
): Promise<void> {
  if (existsSync(path)) throw new BadBackup(`${path} is there already.`);
  const unfinished = `${path}.partial`;
  await rm(unfinished, { force: true });
  const file = await openOr(unfinished, "wx", "cannot be made");
  try {
    const context = senderContext(keys.recipient, keys.ephemeral, INFO);
    await file.write(Buffer.concat([MAGIC, keys.ephemeral.publicKey]));
    let sequence = 0;
    await work(async (frame) => {
      const sealed = sealMessage(context, sequence, NO_DATA, frame);
      sequence += 1;
      await file.writev([lengthOf(sealed), sealed]);
    });
    await file.sync();
    await file.close();
    await rename(unfinished, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await file.close();
    await rm(unfinished, { force: true });
    throw isPathTrouble(cause) ? badPath(path, "cannot be written", cause) : cause;
  }
}

/** The frames of a sealed file. Throws {@link BadBackup} at the first one that is not as it was written. */
export async function* readSealedFile(path: string, recipient: KeyPair): AsyncGenerator<Buffer> {
  const file = await openOr(path, "r", "cannot be read");
  try {
    const head = await readExactly(file, MAGIC.length + ENCAPSULATED_BYTES);
    if (head === null || !head.subarray(0, MAGIC.length).equals(MAGIC)) {
      throw new BadBackup(`${path} is no backup of this program.`);
    }
    const context = recipientContext(recipient, head.subarray(MAGIC.length), INFO);
    for (let sequence = 0; ; sequence += 1) {
      const sealed = await nextFrame(file, path);
      if (sealed === null) return;
      yield Buffer.from(openMessage(context, sequence, NO_DATA, sealed));
    }
  } catch (cause) {
    if (!(cause instanceof CannotOpen)) throw cause;
    const text = `${path} is damaged, or was sealed to another recovery key.`;
    throw new BadBackup(text, { cause });
  } finally {
    await file.close();
  }
}

async function openOr(path: string, mode: "r" | "wx", trouble: string): Promise<FileHandle> {
  try {
    return await open(path, mode, 0o600);
  } catch (cause) {
    throw badPath(path, trouble, cause);
  }
}

/** What is wrong with a path or its disk, for people. */
const pathTroubles: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "the server's user has no right to",
  EISDIR: "it is a folder",
  ENOSPC: "the disk is full",
  EROFS: "the disk is read-only",
  EIO: "the disk does not answer",
};

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
}

function isPathTrouble(cause: unknown): boolean {
  return Object.hasOwn(pathTroubles, codeOf(cause));
}

function badPath(path: string, trouble: string, cause: unknown): BadBackup {
  const code = codeOf(cause);
  return new BadBackup(`${path} ${trouble}: ${pathTroubles[code] ?? code}.`, { cause });
}

function lengthOf(sealed: Uint8Array): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(sealed.length);
  return length;
}

/** Null at the end of the file. */
async function nextFrame(file: FileHandle, path: string): Promise<Buffer | null> {
  const length = await readExactly(file, LENGTH_BYTES);
  if (length === null) return null;
  const bytes = length.readUInt32BE();
  if (bytes > MAX_FRAME_BYTES) throw new BadBackup(`${path} is damaged.`);
  const frame = await readExactly(file, bytes);
  if (frame === null) throw new BadBackup(`${path} is cut off.`);
  return frame;
}

/** Null when the file has nothing more; throws when it has only a part of it. */
async function readExactly(file: FileHandle, bytes: number): Promise<Buffer | null> {
  const buffer = Buffer.alloc(bytes);
  let have = 0;
  while (have < bytes) {
    const { bytesRead } = await file.read(buffer, have, bytes - have);
    if (bytesRead === 0 && have === 0) return null;
    if (bytesRead === 0) throw new BadBackup("The backup is cut off.");
    have += bytesRead;
  }
  return buffer;
}

/** Windows has no such call; NTFS journals renames. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
