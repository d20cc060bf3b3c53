import { createServerLog } from "#server/log.ts";
import { systemClock, systemRandom } from "#server/ports.ts";
import { openProvince } from "#server/province.ts";
import type { Province } from "#server/province.ts";

/** A province of its own over a PostgreSQL like ours, in an empty folder. */
export function openBenchProvince(dataDir: string): Promise<Province> {
  return openProvince({
    dataDir,
    databaseUrl: null,
    provinceName: "Tỉnh đo",
    clock: systemClock,
    random: systemRandom,
    log: createServerLog(() => {}),
  });
}
