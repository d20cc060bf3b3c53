import { runChecks } from "./checks.mjs";

const { passed, failed } = runChecks();
console.log(`${passed} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
