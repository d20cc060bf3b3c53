import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { gzipSync } from "node:zlib";

/** One file of the archive; `null` content: a folder. */
type ArchiveFile = {
  readonly name: string;
  readonly mode: number;
  readonly content: Buffer | null;
};

const FOLDER = 0o040755;
const PROGRAM = 0o100755;
const PLAIN = 0o100644;

/** The first root of the guest: busybox, `init`, and kernel modules with their order. */
export function buildInitramfs(parts: {
  readonly busybox: string;
  readonly init: string;
  readonly modules: readonly string[];
}): Buffer {
  const folders = ["bin", "modules", "proc", "sys", "dev", "root", "new"];
  const order = parts.modules.map((path) => basename(path)).join("\n");
  const files: readonly ArchiveFile[] = [
    ...folders.map((name) => ({ name, mode: FOLDER, content: null })),
    { name: "bin/busybox", mode: PROGRAM, content: readFileSync(parts.busybox) },
    { name: "init", mode: PROGRAM, content: readFileSync(parts.init) },
    { name: "modules/order", mode: PLAIN, content: Buffer.from(`${order}\n`) },
    ...parts.modules.map((path) => ({
      name: `modules/${basename(path)}`,
      mode: PLAIN,
      content: readFileSync(path),
    })),
  ];
  return gzipSync(archive(files), { level: 1 });
}

/** The "new ASCII" cpio format (Documentation/driver-api/early-userspace/buffer-format.rst of the kernel). */
function archive(files: readonly ArchiveFile[]): Buffer {
  const entries = files.map((file, index) => entry(file, index + 1));
  return Buffer.concat([...entries, entry({ name: "TRAILER!!!", mode: 0, content: null }, 0)]);
}

function entry({ name, mode, content }: ArchiveFile, inode: number): Buffer {
  const bytes = content ?? Buffer.alloc(0);
  // inode, mode, uid, gid, links, mtime, size, device (2), special device (2), length of the name, checksum
  const numbers = [inode, mode, 0, 0, 1, 0, bytes.length, 0, 0, 0, 0, name.length + 1, 0];
  const header = `070701${numbers.map((number) => number.toString(16).padStart(8, "0")).join("")}`;
  return Buffer.concat([padded(Buffer.from(`${header}${name}\0`)), padded(bytes)]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
