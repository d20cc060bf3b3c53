import type { HelloRequest } from "#contract/wire.ts";
import { fromBase64url } from "#sealing/keys.ts";
import { isNewKeyProven } from "#sealing/new-key.ts";
import type { Queryable } from "#server/database/pool.ts";

/** What an answer says to a station about its key. */
export type KeyAnswer = { readonly wants_new_key?: true; readonly accepted_key?: string };

/** Has a station make a new key, with its next hello. False when there is no such station. */
export async function askForNewKey(
  database: Queryable,
  station: string,
  nowMs: number,
): Promise<boolean> {
  const asked = await database.query(
    "UPDATE stations SET key_asked_at_ms = $2 WHERE station = $1",
    [station, nowMs],
  );
  return asked.rowCount === 1;
}

/**
 * Takes a proposed key of a station that was asked for one: from now on both keys count. What nobody asked for, or is not
 * proven, is not heard; the station is asked again.
 */
export async function takeNewKey(
  database: Queryable,
  station: string,
  proposed: HelloRequest["new_key"],
): Promise<KeyAnswer> {
  if (proposed === undefined || !isNewKeyProven(station, proposed.key, proposed.proof)) {
    return { wants_new_key: true };
  }
  await database.query("UPDATE stations SET next_public_key = $2 WHERE station = $1", [
    station,
    Buffer.from(fromBase64url(proposed.key)),
  ]);
  return { accepted_key: proposed.key };
}

/** The new key was used: it alone counts from now on. Changes nothing when another request was quicker. */
export async function useNewKey(
  database: Queryable,
  station: string,
  key: Uint8Array,
  nowMs: number,
): Promise<void> {
  await database.query(
    `UPDATE stations SET public_key = next_public_key, next_public_key = NULL, key_asked_at_ms = NULL,
       key_changed_at_ms = $3
     WHERE station = $1 AND next_public_key = $2`,
    [station, Buffer.from(key), nowMs],
  );
}
