import type { Random } from "#core/ports.ts";
import type { Queryable } from "#server/database/pool.ts";
import { newShortCode } from "#server/registry/short-code.ts";
import { newId } from "#server/stations/ids.ts";

export type NewPlace = {
  readonly name: string;
  readonly type: string | null;
  readonly address: string | null;
};

/** No such place or gate, or the gate is of another place. */
export class UnknownPlace extends Error {
  override readonly name = "UnknownPlace";
}

const ATTEMPTS = 20;

/** All short codes that were tried are other places'. */
export class NoFreeShortCode extends Error {
  override readonly name = "NoFreeShortCode";
}

/** Registers a place, with the short code of its poster. Returns its id. */
export async function addPlace(
  database: Queryable,
  place: NewPlace,
  random: Random,
  nowMs: number,
): Promise<string> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const id = newId("p", random);
    const added = await database.query(
      `INSERT INTO places (place, short_code, name, type, address, made_at_ms)
       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (short_code) DO NOTHING`,
      [id, newShortCode(random), place.name, place.type, place.address, nowMs],
    );
    if (added.rowCount === 1) return id;
  }
  throw new NoFreeShortCode("No free short code was found: there are too many places.");
}

/** Registers a gate of a place. Returns its id. Throws {@link UnknownPlace}. */
export async function addGate(
  database: Queryable,
  gate: { readonly place: string; readonly name: string },
  random: Random,
  nowMs: number,
): Promise<string> {
  const id = newId("g", random);
  const added = await database.query(
    `INSERT INTO gates (gate, place, name, made_at_ms)
     SELECT $1, place, $3, $4 FROM places WHERE place = $2`,
    [id, gate.place, gate.name, nowMs],
  );
  if (added.rowCount === 0) throw new UnknownPlace(`There is no place ${gate.place}.`);
  return id;
}

/** The gate of that name at the place of that name, both made when they are missing. */
export async function ensureGate(
  database: Queryable,
  names: { readonly place: string; readonly gate: string },
  random: Random,
  nowMs: number,
): Promise<{ readonly place: string; readonly gate: string }> {
  const found = await database.query<{ place: string }>(
    "SELECT place FROM places WHERE name = $1 ORDER BY made_at_ms, place LIMIT 1",
    [names.place],
  );
  const newPlace = { name: names.place, type: null, address: null };
  const place = found.rows[0]?.place ?? (await addPlace(database, newPlace, random, nowMs));
  const gates = await database.query<{ gate: string }>(
    "SELECT gate FROM gates WHERE place = $1 AND name = $2 ORDER BY made_at_ms, gate LIMIT 1",
    [place, names.gate],
  );
  const gate =
    gates.rows[0]?.gate ?? (await addGate(database, { place, name: names.gate }, random, nowMs));
  return { place, gate };
}

/** Throws {@link UnknownPlace} unless `gate` is a gate of `place`. */
export async function requireGate(database: Queryable, place: string, gate: string): Promise<void> {
  const found = await database.query("SELECT FROM gates WHERE gate = $1 AND place = $2", [
    gate,
    place,
  ]);
  if (found.rowCount === 0) throw new UnknownPlace(`There is no gate ${gate} at place ${place}.`);
}
