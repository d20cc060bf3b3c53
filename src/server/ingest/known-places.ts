import type { Queryable } from "#server/database/pool.ts";

/** Flags that the server adds to an event; the event is kept all the same. */
export type ServerFlag = "unknown-place" | "unknown-gate";

type Where = { readonly place: string; readonly gate: string };

/** Knows which places and gates are registered, without asking for each event. */
export type KnownPlaces = {
  /** Looks up what is new among `wheres`; the result then tells flags without asking. */
  flagger(
    database: Queryable,
    wheres: readonly Where[],
  ): Promise<(place: string, gate: string) => readonly ServerFlag[]>;
};

/** More places than one province has; beyond it the memory starts anew. */
const MAX_REMEMBERED = 100_000;

/** Remembers what is there; what is not may be registered at any time, and is asked for again. */
export function createKnownPlaces(): KnownPlaces {
  const places = new Set<string>();
  const gates = new Set<string>();
  return {
    async flagger(database, wheres) {
      const placeIds = wheres.map((where) => where.place);
      const gateIds = wheres.map((where) => where.gate);
      const noPlaces = await unregistered(database, "place", placeIds, places);
      const noGates = await unregistered(database, "gate", gateIds, gates);
      return (place, gate) => [
        ...(noPlaces.has(place) ? ["unknown-place" as const] : []),
        ...(noGates.has(gate) ? ["unknown-gate" as const] : []),
      ];
    },
  };
}

/** Which of `ids` are not registered; those that are join `known`. */
async function unregistered(
  database: Queryable,
  column: "place" | "gate",
  ids: readonly string[],
  known: Set<string>,
): Promise<ReadonlySet<string>> {
  const missing = new Set(ids.filter((id) => !known.has(id)));
  if (missing.size === 0) return missing;
  if (known.size > MAX_REMEMBERED) known.clear();
  const found = await database.query<{ id: string }>(
    `SELECT ${column} AS id FROM ${column}s WHERE ${column} = ANY($1)`,
    [[...missing]],
  );
  for (const { id } of found.rows) {
    known.add(id);
    missing.delete(id);
  }
  return missing;
}
