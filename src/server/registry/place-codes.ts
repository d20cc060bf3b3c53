import { createHash } from "node:crypto";
import type { Random } from "#core/ports.ts";
import { newShortCode, parseShortCode } from "#server/registry/short-code.ts";
import type { Queryable } from "#server/database/pool.ts";
import { NoFreeShortCode, UnknownPlace } from "#server/stations/places.ts";

/** The code is another place's already. */
export class CodeTaken extends Error {
  override readonly name = "CodeTaken";
}

/** A text that cannot be a location code: empty, or longer than any printed QR. */
export class BadPlaceCode extends Error {
  override readonly name = "BadPlaceCode";
}

/** What a location code leads to. */
export type ResolvedPlace =
  | {
      readonly kind: "place";
      readonly place: string;
      readonly name: string;
      readonly state: "pending" | "approved" | "rejected";
      /** Null for a place that was made before places had one; `ensureShortCode` gives it one. */
      readonly shortCode: string | null;
    }
  /** Nobody has this code, or not yet. */
  | { readonly kind: "unknown" };

/** Most characters of a code: a QR code of version 40 holds fewer. */
const MAX_CODE = 4_296;
/** Most unknown codes that are kept; beyond them only known ones are counted up. */
const MAX_UNKNOWN = 100_000;
/** Our own posters hold `https://HOST/c/` and the short code. */
const OWN_ADDRESS = /^https?:\/\/[^/?#\s]+\/c\/([0-9]{9})\/?$/i;

/**
 * The place of a location code: the digits of our own posters, their address, or the text of an earlier site's poster,
 * sign by sign.
 */
export async function resolvePlaceCode(database: Queryable, code: string): Promise<ResolvedPlace> {
  const shortCode = parseShortCode(OWN_ADDRESS.exec(code)?.[1] ?? code);
  const found = await database.query<{
    place: string;
    name: string;
    state: "pending" | "approved" | "rejected";
    short_code: string | null;
  }>({
    name: "resolve-place-code",
    text: `SELECT place, name, state, short_code FROM places
           WHERE place = coalesce((SELECT place FROM place_codes WHERE code_hash = $1),
                                  (SELECT place FROM places WHERE short_code = $2))`,
    values: [codeHash(code), shortCode],
  });
  const [row] = found.rows;
  if (row === undefined) return { kind: "unknown" };
  const { short_code, ...place } = row;
  return { kind: "place", ...place, shortCode: short_code };
}

/** Keeps a code that nobody has, and counts how often it was seen. Throws {@link BadPlaceCode}. */
export async function keepUnknownCode(
  database: Queryable,
  code: string,
  nowMs: number,
): Promise<void> {
  requireCode(code);
  await database.query(
    `WITH seen AS (
       UPDATE unknown_place_codes SET times = times + 1, last_seen_at_ms = $3
       WHERE code_hash = $1 RETURNING 1)
     INSERT INTO unknown_place_codes (code_hash, code, times, first_seen_at_ms, last_seen_at_ms)
     SELECT $1, $2, 1, $3, $3
     WHERE NOT EXISTS (SELECT FROM seen)
       AND (SELECT count(*) FROM unknown_place_codes) < ${MAX_UNKNOWN}
     ON CONFLICT DO NOTHING`,
    [codeHash(code), code, nowMs],
  );
}

/** A code that nobody has yet; times are UTC milliseconds. */
export type UnknownCode = {
  readonly code: string;
  readonly times: number;
  readonly first_seen_at_ms: number;
  readonly last_seen_at_ms: number;
};

/** Codes that nobody has yet, most seen first. */
export async function listUnknownCodes(
  database: Queryable,
  most: number,
): Promise<readonly UnknownCode[]> {
  const found = await database.query<UnknownCode>(
    `SELECT code, times, first_seen_at_ms, last_seen_at_ms FROM unknown_place_codes
     ORDER BY times DESC, last_seen_at_ms DESC, code_hash LIMIT $1`,
    [most],
  );
  return found.rows;
}

export type Adoption = {
  readonly place: string;
  /** Exactly what the poster holds; nothing is trimmed or folded. */
  readonly code: string;
  readonly by: string;
};

/**
 * Binds an earlier site's code to a place for good. False when the place has it already. Throws {@link CodeTaken},
 * {@link BadPlaceCode} and `UnknownPlace`.
 */
export async function adoptCode(
  database: Queryable,
  { place, code, by }: Adoption,
  nowMs: number,
): Promise<boolean> {
  requireCode(code);
  const adopted = await database.query(
    `INSERT INTO place_codes (code_hash, code, place, adopted_by, adopted_at_ms)
     SELECT $1, $2, place, $4, $5 FROM places WHERE place = $3
     ON CONFLICT DO NOTHING`,
    [codeHash(code), code, place, by, nowMs],
  );
  if (adopted.rowCount === 1) {
    await database.query("DELETE FROM unknown_place_codes WHERE code_hash = $1", [codeHash(code)]);
    return true;
  }
  const owner = await resolvePlaceCode(database, code);
  if (owner.kind === "unknown") throw new UnknownPlace(`There is no place ${place}.`);
  if (owner.place === place) return false;
  throw new CodeTaken(`That code is ${owner.name}'s already (${owner.place}).`);
}

/** Codes that a place has adopted, oldest first. */
export async function adoptedCodes(database: Queryable, place: string): Promise<readonly string[]> {
  const found = await database.query<{ code: string }>(
    "SELECT code FROM place_codes WHERE place = $1 ORDER BY adopted_at_ms, code_hash",
    [place],
  );
  return found.rows.map((row) => row.code);
}

const ATTEMPTS = 20;

/** The digits on the place's poster, made now when it has none. Throws `UnknownPlace` and `NoFreeShortCode`. */
export async function ensureShortCode(
  database: Queryable,
  place: string,
  random: Random,
): Promise<string> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const code = newShortCode(random);
    await database.query(
      `UPDATE places SET short_code = $2 WHERE place = $1 AND short_code IS NULL
         AND NOT EXISTS (SELECT FROM places WHERE short_code = $2)`,
      [place, code],
    );
    const found = await database.query<{ short_code: string | null }>(
      "SELECT short_code FROM places WHERE place = $1",
      [place],
    );
    const [row] = found.rows;
    if (row === undefined) throw new UnknownPlace(`There is no place ${place}.`);
    if (row.short_code !== null) return row.short_code;
  }
  throw new NoFreeShortCode("No free short code was found: there are too many places.");
}

/** The key of a code in the table. */
export function codeHash(code: string): Buffer {
  return createHash("sha256").update(code, "utf8").digest();
}

function requireCode(code: string): void {
  if (code.length > 0 && code.length <= MAX_CODE && !code.includes("\0")) return;
  throw new BadPlaceCode(`A location code has 1 to ${MAX_CODE} characters.`);
}
