import { inTransaction } from "#server/database/pool.ts";
import type { Pool } from "#server/database/pool.ts";
import { appendAudit } from "#server/vault/audit.ts";

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
    await client.query(
      `INSERT INTO pairing_work (event_id) SELECT v.event_id FROM visits v JOIN gates g USING (place, gate) WHERE g.gate = $1`,
      [gate],
    );
    await appendAudit(client, [{ at_ms: nowMs, actor, action: "zone-set", target: gate }]);
    return true;
  });
}
