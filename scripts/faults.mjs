// The long fault suite: kills, every write of a long session, and as many simulated lives as the time allows. Seeds are
// printed, so that a failure can be run again: TRAMQR_FIRST_SEED=N TRAMQR_SEEDS=1 npm run faults -- --minutes 1
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "30" } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) {
  console.error("--minutes is a number above 0.");
  process.exit(2);
}
const endMs = Date.now() + minutes * 60_000;
const SEEDS_A_ROUND = Number(process.env.TRAMQR_SEEDS ?? 500);
const counts = { passed: 0, failed: 0 };

function run(name, folder, env) {
  console.log(`${name} ${JSON.stringify(env)}`);
  const vitest = ["node_modules/vitest/vitest.mjs", "run", folder];
  const child = spawnSync(process.execPath, vitest, {
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  if (child.status === 0) counts.passed += 1;
  else counts.failed += 1;
}

// A thousand kills of the book, two hundred of the retention, a thousand unplugged cables, and ten minutes of 20 scans a second at two scanners.
run("kills and scanners", "test/faults", {
  TRAMQR_KILLS: "1000",
  TRAMQR_KILL_SCANS: "100",
  TRAMQR_WIPE_STRIDE: "1",
  TRAMQR_REPLUGS: "500",
  TRAMQR_FLOOD_MS: "600000",
  TRAMQR_RETENTION_KILLS: "200",
});
run("tracing", "test/server/tracing/contacts.test.ts", { TRAMQR_WORLDS: "10000" });
run("herd", "test/simulation/herd.test.ts", { TRAMQR_HERD: "2000" });
let firstSeed = Number(process.env.TRAMQR_FIRST_SEED ?? 10_000);
do {
  run("simulation", "test/simulation", {
    TRAMQR_FIRST_SEED: String(firstSeed),
    TRAMQR_SEEDS: String(SEEDS_A_ROUND),
  });
  firstSeed += SEEDS_A_ROUND;
} while (Date.now() < endMs);
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
