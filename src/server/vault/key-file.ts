import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

/** Two copies, so that one bad sector does not cost the province its past. */
const COPIES = ["province.key.a", "province.key.b"] as const;

/** The text of the key file from the first whole copy; a damaged or missing one is written again. Null: neither is whole. */
export function readKeyText(folder: string): string | null {
  const texts = COPIES.map((name) => readCopy(join(folder, name)));
  const whole = texts.find((text) => text !== null) ?? null;
  if (whole !== null && texts.includes(null)) writeKeyText(folder, whole);
  return whole;
}

/** True when there is a key file, whole or not. */
export function hasKeyFile(folder: string): boolean {
  return COPIES.some((name) => existsSync(join(folder, name)));
}

/**
 * Writes both copies so that after a power cut each is the old one or the new one, whole: temporary file → fsync →
 * rename → fsync of the folder. Readable by the owner only.
 */
export function writeKeyText(folder: string, text: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of COPIES) {
    writeDurably(join(folder, name), `${text}\n${sha256Hex(text)}\n`);
    syncFolder(folder);
  }
}

function readCopy(path: string): string | null {
  if (!existsSync(path)) return null;
  const [text = "", checksum] = readFileSync(path, "utf8").split("\n");
  return checksum === sha256Hex(text) ? text : null;
}

function writeDurably(path: string, text: string): void {
  const temporary = `${path}.new`;
  rmSync(temporary, { force: true });
  const file = openSync(temporary, "wx", 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}

/** Windows has no such call; NTFS journals renames. */
function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function sha256Hex(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
