import type { Queryable } from "#server/database/pool.ts";

/**
 * What the province wants of a station. `upload-only`: it records nothing new and sends what it has. `wipe`: as that, and
 * it forgets everything once it is sent. `revoked`: what it sends is held for review.
 */
export const stationStates = ["active", "upload-only", "wipe", "revoked"] as const;
export type StationState = (typeof stationStates)[number];

export function isStationState(text: string): text is StationState {
  return stationStates.some((state) => state === text);
}

/** Sets the state; the station learns of it with its next hello. False when there is no such station. */
export async function setStationState(
  database: Queryable,
  station: string,
  state: StationState,
  nowMs: number,
): Promise<boolean> {
  const changed = await database.query(
    `UPDATE stations SET state = $2,
       revoked_at_ms = CASE WHEN $2 = 'revoked' THEN coalesce(revoked_at_ms, $3) END
     WHERE station = $1`,
    [station, state, nowMs],
  );
  return changed.rowCount === 1;
}
