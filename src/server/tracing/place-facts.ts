import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";
import { appendAudit } from "#server/vault/audit.ts";

/** Minutes after local midnight. */
export type PlaceHours = {
  readonly place: string;
  readonly opens: number;
  readonly closes: number;
  readonly actor: string;
};

/** Declares a place's hours and has its guessed exits guessed again. False for an unknown place. */
export async function setPlaceHours(
  pool: Pool,
  hours: PlaceHours,
  nowMs: number,
): Promise<boolean> {
  const { place, opens, closes, actor } = hours;
  return inTransaction(pool, async (client) => {
    const set = await client.query(
      `INSERT INTO place_hours (place, opens_minute, closes_minute) SELECT place, $2, $3 FROM places WHERE place = $1
       ON CONFLICT (place) DO UPDATE SET opens_minute = $2, closes_minute = $3`,
      [place, opens, closes],
    );
    if (set.rowCount === 0) return false;
    await pairPlaceAgain(
      client,
      "place = $1 AND exit_known IN ('place-closed', 'model', 'unknown')",
      place,
    );
    await appendAudit(client, [{ at_ms: nowMs, actor, action: "hours-set", target: place }]);
    return true;
  });
}

/** Says which part of its place a gate leads to. False for an unknown gate. */
export async function setGateZone(
  pool: Pool,
  { gate, zone, actor }: { readonly gate: string; readonly zone: string; readonly actor: string },
  nowMs: number,
): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    const set = await client.query(
      `INSERT INTO gate_zones (gate, zone) SELECT gate, $2 FROM gates WHERE gate = $1
       ON CONFLICT (gate) DO UPDATE SET zone = $2`,
      [gate, zone],
    );
    if (set.rowCount === 0) return false;
    await pairPlaceAgain(
      client,
      "place = (SELECT place FROM gates WHERE gate = $1) AND gate = $1",
      gate,
    );
    await appendAudit(client, [{ at_ms: nowMs, actor, action: "zone-set", target: gate }]);
    return true;
  });
}

async function pairPlaceAgain(client: Queryable, which: string, value: string): Promise<void> {
  await client.query(
    `INSERT INTO pairing_work (event_id) SELECT event_id FROM visits WHERE ${which}`,
    [value],
  );
}
