import { renameSync, writeFileSync } from "node:fs";
import { AdminUsage } from "#server/admin/context.ts";
import type { AdminIo } from "#server/admin/context.ts";

/** Where a command's data goes; the file is this process's business, wherever the command runs. */
export type Output = {
  /** The arguments without `--out FILE`. */
  readonly rest: readonly string[];
  readonly io: AdminIo;
  /** Writes the file, readable by its owner only, once the command has succeeded. */
  finish(): void;
};

/** Takes `--out FILE` from the arguments of a `trace` command. Throws {@link AdminUsage}. */
export function openOutput(args: readonly string[], io: AdminIo): Output {
  const at = args[0] === "trace" ? args.indexOf("--out") : -1;
  const isXlsx = args[0] === "trace" && args.some((arg, index) => isXlsxAt(args, arg, index));
  if (at === -1) {
    if (isXlsx) throw new AdminUsage("--format xlsx needs --out FILE.");
    return { rest: args, io, finish: () => {} };
  }
  const path = args[at + 1];
  if (path === undefined || path.startsWith("--")) throw new AdminUsage("--out names a file.");
  const lines: string[] = [];
  return {
    rest: args.toSpliced(at, 2),
    io: { write: (line) => void lines.push(line), error: (line) => io.error(line) },
    finish() {
      const bytes = isXlsx
        ? Buffer.concat(lines.map((line) => Buffer.from(line, "base64")))
        : Buffer.from(lines.map((line) => `${line}\n`).join(""), "utf8");
      writeFileSync(`${path}.new`, bytes, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
  };
}

function isXlsxAt(args: readonly string[], arg: string, index: number): boolean {
  return arg === "--format=xlsx" || (arg === "--format" && args[index + 1] === "xlsx");
}
