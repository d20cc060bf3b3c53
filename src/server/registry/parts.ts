import type { Random } from "#core/ports.ts";
import type { Queryable } from "#server/database/pool.ts";
import { newId } from "#server/stations/ids.ts";
import { pairGateAgain } from "#server/tracing/pairing-work.ts";
import { UnknownPlace } from "#server/stations/places.ts";

export const laneDirections = ["in", "out", "auto"] as const;
export type LaneDirection = (typeof laneDirections)[number];

/** Adds a zone to a place; the one of that name if it is there. Returns its id. Throws `UnknownPlace`. */
export async function addZone(
  database: Queryable,
  zone: { readonly place: string; readonly name: string },
  random: Random,
): Promise<string> {
  const added = await database.query<{ zone: string }>(
    `INSERT INTO zones (zone, place, name) SELECT $1, place, $3 FROM places WHERE place = $2
     ON CONFLICT (place, name) DO UPDATE SET name = excluded.name RETURNING zone`,
    [newId("z", random), zone.place, zone.name],
  );
  const [row] = added.rows;
  if (row === undefined) throw new UnknownPlace(`There is no place ${zone.place}.`);
  return row.zone;
}

/** Says in which zone of its place a gate is; its visits are paired again. In a transaction. Throws `UnknownPlace` when gate and zone are not of one place. */
export async function putGateInZone(
  database: Queryable,
  gate: string,
  zone: string,
): Promise<void> {
  const put = await database.query(
    `UPDATE gates SET zone = z.zone FROM zones z
     WHERE gates.gate = $1 AND z.zone = $2 AND z.place = gates.place`,
    [gate, zone],
  );
  if (put.rowCount === 0)
    throw new UnknownPlace(`Gate ${gate} and zone ${zone} are not of one place.`);
  await pairGateAgain(database, gate);
}

/** Adds a lane to a gate, or changes its direction. Throws `UnknownPlace`. */
export async function setLane(
  database: Queryable,
  lane: { readonly gate: string; readonly lane: string; readonly direction: LaneDirection },
): Promise<void> {
  const set = await database.query(
    `INSERT INTO lanes (gate, lane, direction) SELECT gate, $2, $3 FROM gates WHERE gate = $1
     ON CONFLICT (gate, lane) DO UPDATE SET direction = excluded.direction`,
    [lane.gate, lane.lane, lane.direction],
  );
  if (set.rowCount === 0) throw new UnknownPlace(`There is no gate ${lane.gate}.`);
}
