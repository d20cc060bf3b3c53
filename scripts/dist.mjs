// Installers by electron-builder for the platform at hand; `--check` verifies the configuration and what would be packed.
import { spawnSync } from "node:child_process";
import { checkDist } from "./dist-check.mjs";
import { checkPacked } from "./dist-packed.mjs";

if (process.argv.includes("--check")) {
  const faults = [...(await checkDist(process.cwd())), ...(await checkPacked(process.cwd()))];
  for (const fault of faults) console.error(fault);
  console.log(
    faults.length === 0
      ? "electron-builder.yml, the built files and what would be packed are right."
      : "not right",
  );
  process.exitCode = faults.length === 0 ? 0 : 1;
} else {
  const builder = "node_modules/electron-builder/out/cli/cli.js";
  const run = spawnSync(process.execPath, [builder, ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  process.exitCode = run.status ?? 1;
}
