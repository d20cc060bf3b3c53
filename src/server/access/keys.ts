import type { Random } from "#core/ports.ts";
import { GRANTS, officerFromRow, requireOfficer } from "#server/access/officers.ts";
import type { OfficerRow } from "#server/access/officers.ts";
import type { Officer } from "#server/access/rights.ts";
import { newToken, tokenHash } from "#server/access/tokens.ts";
import type { Queryable } from "#server/database/pool.ts";
import { newId } from "#server/stations/ids.ts";

/** A key may not be valid for this long, or this short. */
export class BadKeyValidity extends Error {
  override readonly name = "BadKeyValidity";
}

export type NewKey = {
  readonly officer: string;
  /** What the key is for, in the words of whoever asked for it. */
  readonly label: string;
  /** 1 to 366, whole. */
  readonly validDays: number;
};

/** The token is told here and never again. */
export type IssuedKey = {
  readonly keyId: string;
  readonly token: string;
  readonly expiresAtMs: number;
};

/** A key as administrators see it; times are UTC milliseconds. */
export type ListedKey = {
  readonly key_id: string;
  readonly officer: string;
  readonly label: string;
  readonly made_at_ms: number;
  readonly expires_at_ms: number;
  readonly revoked_at_ms: number | null;
  /** To the minute. */
  readonly last_used_at_ms: number | null;
};

export const DEFAULT_KEY_DAYS = 90;
const MOST_KEY_DAYS = 366;
const DAY_MS = 86_400_000;
/** A busy key costs one write a minute, not one a request. */
const LAST_USED_STEP_MS = 60_000;

/** Makes a bearer token for an officer. Throws {@link BadKeyValidity} and `UnknownOfficer`. */
export async function issueKey(
  database: Queryable,
  key: NewKey,
  random: Random,
  nowMs: number,
): Promise<IssuedKey> {
  const { officer, label, validDays } = key;
  if (!Number.isInteger(validDays) || validDays < 1 || validDays > MOST_KEY_DAYS) {
    throw new BadKeyValidity(`A key is valid for 1 to ${MOST_KEY_DAYS} whole days.`);
  }
  await requireOfficer(database, officer);
  const keyId = newId("k", random);
  const token = newToken(random);
  const expiresAtMs = nowMs + validDays * DAY_MS;
  await database.query(
    `INSERT INTO access_keys (key_id, token_hash, officer, label, made_at_ms, expires_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [keyId, tokenHash(token), officer, label, nowMs, expiresAtMs],
  );
  return { keyId, token, expiresAtMs };
}

/** The token opens nothing from the next request on. False when there is no such key. */
export async function revokeKey(
  database: Queryable,
  keyId: string,
  nowMs: number,
): Promise<boolean> {
  const revoked = await database.query(
    "UPDATE access_keys SET revoked_at_ms = coalesce(revoked_at_ms, $2) WHERE key_id = $1",
    [keyId, nowMs],
  );
  return revoked.rowCount === 1;
}

/** Every key, ended ones too, oldest first. */
export async function listKeys(database: Queryable): Promise<readonly ListedKey[]> {
  const found = await database.query<ListedKey>(
    `SELECT key_id, officer, label, made_at_ms, expires_at_ms, revoked_at_ms, last_used_at_ms
     FROM access_keys ORDER BY made_at_ms, key_id`,
  );
  return found.rows;
}

/** Whose token this is; null when it is unknown, out of date or revoked, or its officer is. Notes that it was used. */
export async function findOfficerByToken(
  database: Queryable,
  token: string,
  nowMs: number,
): Promise<Officer | null> {
  const hash = tokenHash(token);
  const found = await database.query<OfficerRow & { last_used_at_ms: number | null }>({
    name: "find-officer-by-token",
    text: `SELECT o.officer, o.name, k.last_used_at_ms, ${GRANTS} AS grants
           FROM access_keys k JOIN officers o USING (officer)
           WHERE k.token_hash = $1 AND k.expires_at_ms > $2
             AND k.revoked_at_ms IS NULL AND o.revoked_at_ms IS NULL`,
    values: [hash, nowMs],
  });
  const [row] = found.rows;
  if (row === undefined) return null;
  if (row.last_used_at_ms === null || nowMs - row.last_used_at_ms >= LAST_USED_STEP_MS) {
    await database.query("UPDATE access_keys SET last_used_at_ms = $2 WHERE token_hash = $1", [
      hash,
      nowMs,
    ]);
  }
  return officerFromRow(row);
}
