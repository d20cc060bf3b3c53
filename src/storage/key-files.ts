import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Random } from "#core/ports.ts";
import { makePrivateFolder, writeFileDurably } from "#storage/durable-file.ts";

/** How the book's key is wrapped on disk: as it is (0600 file), or by the operating system's key store. */
export type KeyWrapping = {
  readonly name: string;
  wrap(key: Uint8Array): Promise<Uint8Array>;
  unwrap(wrapped: Uint8Array): Promise<Uint8Array>;
};

/** No wrapping: the file's permissions are the protection. What the browser shell uses. */
export const plainKeyWrapping: KeyWrapping = {
  name: "plain-file",
  wrap: (key) => Promise.resolve(key),
  unwrap: (wrapped) => Promise.resolve(wrapped),
};

/** Both copies of the key are gone or damaged while a book exists. Never answered by making a new key. */
export class KeyLost extends Error {
  override readonly name = "KeyLost";
}

/** The key was wrapped by another key store than the one at hand. */
export class KeyWrappedElsewhere extends Error {
  override readonly name = "KeyWrappedElsewhere";
}

const COPIES = ["book.key.a", "book.key.b"] as const;
const MAGIC = "tramqr-key-1";
const KEY_BYTES = 32;

/**
 * The 32-byte key of the entry book: read from either copy (a damaged one is written again), made new only when there
 * is neither a key nor a book. Throws {@link KeyLost} or {@link KeyWrappedElsewhere}.
 */
export async function bookKey(
  folder: string,
  hasBook: boolean,
  wrapping: KeyWrapping,
  random: Random,
): Promise<Uint8Array> {
  makePrivateFolder(folder);
  const copies = COPIES.map((name) => readCopy(join(folder, name)));
  const good = copies.find((copy) => copy !== null) ?? null;
  if (good === null && hasBook) {
    throw new KeyLost(
      `no readable key file (${COPIES.join(", ")}) beside the entry book in ${folder}`,
    );
  }
  const wrapped = good ?? (await newKeyFile(wrapping, random));
  if (copies.some((copy) => copy === null)) writeCopies(folder, wrapped);
  return unwrapKey(wrapped, wrapping);
}

/** Name of the key store, wrapped key, checksum: one JSON line, so that an administrator can see which store it needs. */
type KeyFile = { readonly magic: string; readonly wrapping: string; readonly key: string };

function readCopy(path: string): KeyFile | null {
  if (!existsSync(path)) return null;
  const lines = readFileSync(path, "utf8").split("\n");
  const [text, checksum] = lines;
  if (text === undefined || checksum !== sha256Hex(text)) return null;
  const file = JSON.parse(text) as KeyFile;
  return file.magic === MAGIC ? file : null;
}

function writeCopies(folder: string, file: KeyFile): void {
  const text = JSON.stringify(file);
  const bytes = Buffer.from(`${text}\n${sha256Hex(text)}\n`, "utf8");
  for (const name of COPIES) writeFileDurably(join(folder, name), bytes);
}

async function newKeyFile(wrapping: KeyWrapping, random: Random): Promise<KeyFile> {
  const wrapped = await wrapping.wrap(random.bytes(KEY_BYTES));
  return { magic: MAGIC, wrapping: wrapping.name, key: Buffer.from(wrapped).toString("base64") };
}

async function unwrapKey(file: KeyFile, wrapping: KeyWrapping): Promise<Uint8Array> {
  if (file.wrapping !== wrapping.name) {
    throw new KeyWrappedElsewhere(
      `the key was stored by "${file.wrapping}", this program has "${wrapping.name}"`,
    );
  }
  const key = await wrapping.unwrap(new Uint8Array(Buffer.from(file.key, "base64")));
  if (key.length !== KEY_BYTES) throw new KeyLost(`a key of ${key.length} bytes`);
  return key;
}

function sha256Hex(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
