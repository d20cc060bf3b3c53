import { appendFileSync, existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** A log on disk that never grows beyond twice its limit. */
export type LogFile = { write(line: string): void };

const MAX_BYTES = 5 * 1024 * 1024;

/** Appends to `path`; a full file becomes `path.1`, and the one before it is forgotten. */
export function openLogFile(path: string): LogFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let bytes = existsSync(path) ? statSync(path).size : 0;
  return {
    write(line) {
      if (bytes > MAX_BYTES) {
        renameSync(path, `${path}.1`);
        bytes = 0;
      }
      appendFileSync(path, line, { mode: 0o600 });
      bytes += Buffer.byteLength(line);
    },
  };
}
