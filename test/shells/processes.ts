import { readFileSync, readdirSync } from "node:fs";

/** A process by its id and its command line. */
export type ProcessLine = { readonly pid: number; readonly line: string };

/** Processes with `mark` on their command lines: a folder or an address that only one test uses. */
export function processesWith(mark: string): readonly ProcessLine[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), line: procFile(Number(name), "cmdline") }))
    .filter(({ line }) => line.includes(mark));
}

/** Their command lines alone. */
export function commandLinesWith(mark: string): readonly string[] {
  return processesWith(mark).map(({ line }) => line);
}

/** A file of a process below `/proc`; empty when it ended between two looks. */
export function procFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}
