// The static checks, each counted like a test: format, lint, types of the three worlds, dead code.
import { spawnSync } from "node:child_process";

export const checks = [
  ["format", "prettier", ["--check", "--log-level", "warn", "."]],
  ["lint", "oxlint", ["--type-aware", "src", "test"]],
  ["types: station, server, tests", "tsc", ["-p", "."]],
  ["types: core", "tsc", ["-p", "src/core"]],
  ["types: screens", "tsc", ["-p", "src/renderer"]],
  ["dead code", "knip", []],
];

/** Runs every check; returns how many passed and which failed, with their output on standard error. */
export function runChecks() {
  const failed = [];
  for (const [name, program, args] of checks) {
    const startedMs = Date.now();
    const run = spawnSync(program, args, { encoding: "utf8", shell: process.platform === "win32" });
    const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
    const isGood = run.status === 0;
    console.log(`${isGood ? "ok  " : "FAIL"} ${name} (${seconds} s)`);
    if (isGood) continue;
    failed.push(name);
    console.error(run.error ? String(run.error) : `${run.stdout}${run.stderr}`);
  }
  return { passed: checks.length - failed.length, failed };
}
