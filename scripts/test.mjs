// Everything: static checks, then every test, then the seconds of each suite and one plain closing line.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { relative, resolve } from "node:path";
import { runChecks } from "./checks.mjs";

/** What a run under CI may skip; anything else that is skipped there is a failure. */
const MAY_SKIP = /real Electron|Windows|block device/;
const REPORT = "artefacts/tests.json";

const checks = runChecks();
mkdirSync("artefacts", { recursive: true });
rmSync(REPORT, { force: true });
const filters = process.argv.slice(2);
const run = spawnSync(
  process.execPath,
  [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--reporter=dot",
    "--reporter=json",
    `--outputFile.json=${REPORT}`,
    ...filters,
  ],
  { stdio: "inherit", env: { ...process.env, NO_COLOR: "1" } },
);
const report = JSON.parse(readFileSync(REPORT, "utf8"));
printSeconds(report);
const forbidden = forbiddenSkips(report);
for (const name of forbidden) console.error(`skipped under CI: ${name}`);
const brokenFiles = report.testResults.filter(
  (file) =>
    file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
);
for (const file of brokenFiles)
  console.error(`did not run: ${relative(".", file.name)}\n${file.message}`);
const passed = checks.passed + report.numPassedTests;
const failed = checks.failed.length + report.numFailedTests + forbidden.length + brokenFiles.length;
const skipped = report.numPendingTests;
const isGreen = failed === 0 && run.status === 0 && report.numTotalTests > 0;
console.log(
  `${passed} passed, ${isGreen ? failed : Math.max(failed, 1)} failed, ${skipped} skipped`,
);
process.exitCode = isGreen ? 0 : 1;

function forbiddenSkips({ testResults }) {
  if (process.env.CI !== "true") return [];
  return testResults
    .flatMap((file) => file.assertionResults)
    .filter((test) => test.status === "pending" || test.status === "skipped")
    .map((test) => test.fullName)
    .filter((name) => !MAY_SKIP.test(name));
}

function printSeconds({ testResults }) {
  const seconds = new Map();
  for (const file of testResults) {
    const suite = relative(resolve("test"), file.name).split(/[\\/]/)[0];
    seconds.set(suite, (seconds.get(suite) ?? 0) + (file.endTime - file.startTime) / 1000);
  }
  for (const [suite, sum] of [...seconds].toSorted((a, b) => b[1] - a[1])) {
    console.log(`${sum.toFixed(1).padStart(7)} s  ${suite}`);
  }
}
