import type { Random } from "#core/ports.ts";
import { newToken, tokenHash } from "#server/access/tokens.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";
import type { Place } from "#server/registry/places.ts";
import { findPlace } from "#server/registry/places.ts";
import { naturalKey } from "#server/registry/place-fields.ts";
import type { PlaceFields } from "#server/registry/place-fields.ts";
import { newShortCode } from "#server/registry/short-code.ts";
import { newId } from "#server/stations/ids.ts";
import { NoFreeShortCode, addGate } from "#server/stations/places.ts";

/** What became of a place that registered itself. */
export type Registration =
  /** It waits for its commune's officer. The token is told here and never again. */
  | { readonly kind: "registered"; readonly place: string; readonly token: string }
  /** The same name at the same address is there already. */
  | { readonly kind: "known" }
  /** So many places wait that somebody must look at them first. */
  | { readonly kind: "full" };

/** Most places that wait at once: twice what the largest province could register in a day. */
const MOST_WAITING = 20_000;
const MAIN_GATE = "Cổng chính";
const ATTEMPTS = 20;

/** Registers a place that waits for approval, with one gate and its owner's secret link. */
export async function registerPlace(
  pool: Pool,
  random: Random,
  fields: PlaceFields,
  nowMs: number,
): Promise<Registration> {
  const token = newToken(random);
  return inTransaction(pool, async (client) => {
    const key = naturalKey(fields);
    const waiting = await client.query<{ count: number }>(
      "SELECT count(*)::int AS count FROM places WHERE state = 'pending'",
    );
    if ((waiting.rows[0]?.count ?? 0) >= MOST_WAITING) return { kind: "full" };
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const known = await client.query("SELECT FROM places WHERE import_key = $1", [key]);
      if (known.rowCount !== 0) return { kind: "known" };
      const place = newId("p", random);
      const added = await insertWaiting(client, fields, {
        place,
        key,
        shortCode: newShortCode(random),
        tokenHash: tokenHash(token),
        nowMs,
      });
      if (!added) continue;
      await addGate(client, { place, name: MAIN_GATE }, random, nowMs);
      return { kind: "registered", place, token };
    }
    throw new NoFreeShortCode("No free short code was found: there are too many places.");
  });
}

type NewRow = {
  readonly place: string;
  readonly key: string;
  readonly shortCode: string;
  readonly tokenHash: Buffer;
  readonly nowMs: number;
};

async function insertWaiting(
  client: Queryable,
  fields: PlaceFields,
  row: NewRow,
): Promise<boolean> {
  const hours = fields.openingHours === null ? null : JSON.stringify(fields.openingHours);
  const added = await client.query(
    `INSERT INTO places (place, import_key, short_code, owner_token_hash, made_at_ms, state, name, type, address,
       commune, opening_hours, owner_name, owner_phone, retention_days, questions)
     VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7, $8, $9, $10, $11, $12, $13, $14)
     ON CONFLICT DO NOTHING`,
    [
      row.place,
      row.key,
      row.shortCode,
      row.tokenHash,
      row.nowMs,
      fields.name,
      fields.type,
      fields.address,
      fields.commune,
      hours,
      fields.ownerName,
      fields.ownerPhone,
      fields.retentionDays,
      fields.questions,
    ],
  );
  return added.rowCount === 1;
}

/** The place whose owner has this token; null when nobody's. */
export async function placeOfOwner(database: Queryable, token: string): Promise<Place | null> {
  const found = await database.query<{ place: string }>(
    "SELECT place FROM places WHERE owner_token_hash = $1",
    [tokenHash(token)],
  );
  const [row] = found.rows;
  return row === undefined ? null : findPlace(database, row.place);
}

/** A new secret link for a place's owner; the one before opens nothing any more. Null when there is no such place. */
export async function renewOwnerToken(
  database: Queryable,
  place: string,
  random: Random,
): Promise<string | null> {
  const token = newToken(random);
  const renewed = await database.query("UPDATE places SET owner_token_hash = $2 WHERE place = $1", [
    place,
    tokenHash(token),
  ]);
  return renewed.rowCount === 1 ? token : null;
}

/** Entries of one local day. */
export type DayCount = { readonly day: string; readonly in: number; readonly out: number };

/** How many went in and out of a place on each local day from `firstDay` on, newest first; days without any are left out. */
export async function countsOfPlace(
  database: Queryable,
  place: string,
  firstDay: string,
): Promise<readonly DayCount[]> {
  const found = await database.query<DayCount>(
    `SELECT local_day AS day,
            count(*) FILTER (WHERE direction = 'in')::int AS in,
            count(*) FILTER (WHERE direction = 'out')::int AS out
     FROM events WHERE place = $1 AND type = 'entry' AND local_day >= $2
     GROUP BY local_day ORDER BY local_day DESC`,
    [place, firstDay],
  );
  return found.rows;
}
