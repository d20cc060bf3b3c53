import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What the running program knows of itself. */
export type ProgramVersion = {
  readonly version: string;
  /** A wall clock before this is certainly wrong. UTC milliseconds. */
  readonly builtAtMs: number;
};

/** From package.json, two folders above this file both in `src/main` and in the built `out/main`. */
export function programVersion(): ProgramVersion {
  const path = fileURLToPath(new URL("../../package.json", import.meta.url));
  const manifest: unknown = JSON.parse(readFileSync(path, "utf8"));
  const isNamed = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return { version: isNamed ? String(manifest.version) : "0", builtAtMs: statSync(path).mtimeMs };
}
