import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock, systemRandom } from "#main/system-ports.ts";
import { createServerLog } from "#server/log.ts";
import { openProvince } from "#server/province.ts";
import type { Province } from "#server/province.ts";
import { inTransaction } from "#server/database/pool.ts";
import { ensureGate } from "#server/stations/places.ts";
import { runWorld } from "./world.ts";
import type { Gate, PlantedBug } from "./world.ts";

const SEEDS = Number(process.env["TRAMQR_SEEDS"] ?? 500);
const FIRST_SEED = Number(process.env["TRAMQR_FIRST_SEED"] ?? 1);
/** Seeds within which every planted bug must be found. */
const BUG_SEEDS = 20;

let province: Province;
let dataDir = "";
let gate: Gate;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "tramqr-sim-province-"));
  province = await openProvince({
    dataDir,
    databaseUrl: null,
    provinceName: "Tỉnh Thử",
    clock: systemClock,
    random: systemRandom,
    log: createServerLog(() => {}),
  });
  // Nobody pulls the plug on a simulation, so its database need not wait for the disk.
  await province.pool.query("ALTER SYSTEM SET fsync = off");
  await province.pool.query("SELECT pg_reload_conf()");
  const names = { place: "Nơi thử", gate: "Cổng thử" };
  gate = await inTransaction(province.pool, (database) =>
    ensureGate(database, names, systemRandom, systemClock.nowMs()),
  );
});

afterAll(async () => {
  await province.close();
  rmSync(dataDir, { recursive: true, force: true });
});

describe("a station, its network and the province, simulated", () => {
  test(`in ${SEEDS} lives nothing acknowledged is lost or stored twice once faults stop`, async () => {
    const sum = { acknowledged: 0, crashes: 0 };
    const counts: Record<string, number> = {};

    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed += 1) {
      const result = await runWorld({ province, gate }, seed);
      expect({ seed, ...result }).toMatchObject({ seed, lost: [], twice: [], brokenChain: false });
      sum.acknowledged += result.acknowledged;
      sum.crashes += result.crashes;
      for (const [name, count] of Object.entries(result.counts))
        counts[name] = (counts[name] ?? 0) + count;
    }

    // A simulation in which nothing went wrong would prove nothing.
    expect(sum.crashes).toBeGreaterThan(SEEDS < 20 ? -1 : SEEDS);
    const kinds = ["lose-request", "lose-answer", "duplicate", "portal", "server-error"];
    const rare = kinds.filter((name) => (counts[name] ?? 0) < Math.floor(SEEDS / 20));
    expect(rare).toEqual([]);
    console.log(
      `simulation: ${SEEDS} seeds, ${sum.acknowledged} acknowledged, ${sum.crashes} crashes, 0 lost, 0 twice`,
      counts,
    );
  }, 3_600_000);

  test.each<PlantedBug>([
    "commit-later",
    "acknowledge-by-max",
    "acknowledge-when-sent",
    "send-once",
    "give-up",
  ])(
    "the planted bug %s is found",
    async (bug) => {
      for (let seed = 1; seed <= BUG_SEEDS; seed += 1) {
        const { lost } = await runWorld({ province, gate }, 1_000_000 + seed, bug);
        if (lost.length > 0) return;
      }
      expect.fail(`${bug} was not found in ${BUG_SEEDS} seeds`);
    },
    60_000,
  );
});
