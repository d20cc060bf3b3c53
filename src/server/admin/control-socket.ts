import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** Longest path of a unix socket on any system (sun_path holds 104 bytes on some). */
const MAX_SOCKET_PATH_BYTES = 103;
const TEMPORARY_PREFIX = "tramqr-admin-";

/** Where administrators' commands reach the running server of a folder; null when it never ran. */
export function findControlSocket(folder: string): string | null {
  if (process.platform === "win32") return pipeName(folder);
  const pointer = pointerFile(folder);
  return existsSync(pointer) ? readFileSync(pointer, "utf8").trim() : null;
}

/**
 * A place for the socket that only this user can enter, noted in the folder. The caller holds the folder's lock, so
 * what an earlier run left is nobody's.
 */
export function placeControlSocket(folder: string): string {
  if (process.platform === "win32") return pipeName(folder);
  removeControlSocket(folder);
  const wished = join(resolve(folder), "control");
  const isShort = Buffer.byteLength(join(wished, "admin.sock")) <= MAX_SOCKET_PATH_BYTES;
  const socketFolder = isShort ? wished : mkdtempSync(join(shortTemporary(), TEMPORARY_PREFIX));
  mkdirSync(socketFolder, { recursive: true, mode: 0o700 });
  chmodSync(socketFolder, 0o700);
  const path = join(socketFolder, "admin.sock");
  writeFileSync(pointerFile(folder), `${path}\n`, { mode: 0o600 });
  return path;
}

/** Takes away socket and note; a folder of ours for temporary files, too. */
export function removeControlSocket(folder: string): void {
  if (process.platform === "win32") return;
  const path = findControlSocket(folder);
  if (path === null) return;
  rmSync(path, { force: true });
  const isTemporary = dirname(path).includes(TEMPORARY_PREFIX);
  if (isTemporary) rmSync(dirname(path), { recursive: true, force: true });
  rmSync(pointerFile(folder), { force: true });
}

function pointerFile(folder: string): string {
  return join(folder, "control.path");
}

function shortTemporary(): string {
  return Buffer.byteLength(tmpdir()) > 60 ? "/tmp" : tmpdir();
}

function pipeName(folder: string): string {
  const digest = createHash("sha256").update(resolve(folder)).digest("hex").slice(0, 32);
  return `\\\\.\\pipe\\tramqr-admin-${digest}`;
}
