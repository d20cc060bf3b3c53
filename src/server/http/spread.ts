import type { Clock } from "#core/ports.ts";
import type { Pool } from "#server/database/pool.ts";
import { countActiveStations } from "#server/stations/registry.ts";

/** While the server is younger than this, everybody who waited for it comes back. */
const RETURN_MS = 120_000;
/** Time of the server for one station's first batches. */
const PER_STATION_MS = 30;
/** Fewer than this are no crowd, and a single station beside its own server must not wait. */
const CROWD = 20;
const MAX_HINT_MS = 60_000;

/** How long stations should spread their return, in milliseconds: 0 but for the first two minutes of a server with many. */
export function createSpread(pool: Pool, clock: Clock): () => Promise<number> {
  const startedMonoMs = clock.monoMs();
  let stations: number | null = null;
  return async () => {
    if (clock.monoMs() - startedMonoMs > RETURN_MS) return 0;
    stations ??= await countActiveStations(pool);
    return stations < CROWD ? 0 : Math.min(MAX_HINT_MS, stations * PER_STATION_MS);
  };
}
