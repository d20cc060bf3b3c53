import { assert } from "#core/assert.ts";
import type { Random } from "#core/ports.ts";
import type { EnrolmentAnswer, EnrolmentRequest } from "#contract/wire.ts";
import { fromBase64url } from "#sealing/keys.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";
import {
  enrolmentSecretHash,
  isSameBytes,
  parseEnrolmentCode,
} from "#server/stations/enrolment-code.ts";
import { findStation } from "#server/stations/registry.ts";
import { newId } from "#server/stations/ids.ts";
import { currentRules } from "#server/stations/rules.ts";
import { publicKeysOf } from "#server/vault/province-keys.ts";
import type { ProvinceSecrets } from "#server/vault/province-keys.ts";

/** Why a code gives no station. */
export type EnrolmentRefusal = "malformed" | "unknown" | "used" | "expired" | "locked";

export type EnrolmentResult =
  | { readonly kind: "enrolled"; readonly answer: EnrolmentAnswer; readonly isNew: boolean }
  | { readonly kind: "refused"; readonly reason: EnrolmentRefusal };

export type EnrolmentParts = {
  readonly pool: Pool;
  readonly secrets: ProvinceSecrets;
  readonly random: Random;
};

const MOST_WRONG_TRIES = 5;

type CodeRow = {
  readonly code_id: string;
  readonly secret_hash: Buffer;
  readonly place: string;
  readonly gate: string;
  readonly wrong_tries: number;
  readonly expires_at_ms: number;
  readonly station: string | null;
};

/**
 * Makes a station of whoever knows a code. The same code with the same public key gives the same station again,
 * because the first answer may have been lost on its way. What a code's state is, only its owner learns: without the
 * secret the answers are `unknown` and, after five wrong secrets, `locked`.
 */
export async function enrolStation(
  parts: EnrolmentParts,
  request: EnrolmentRequest,
  nowMs: number,
): Promise<EnrolmentResult> {
  const code = parseEnrolmentCode(request.code);
  if (code === null) return { kind: "refused", reason: "malformed" };
  const publicKey = Buffer.from(fromBase64url(request.public_key));
  return inTransaction(parts.pool, async (client) => {
    const row = await lockCode(client, code.codeId);
    if (row === null) return { kind: "refused", reason: "unknown" };
    if (row.wrong_tries >= MOST_WRONG_TRIES) return { kind: "refused", reason: "locked" };
    const secretHash = enrolmentSecretHash(code, parts.secrets.enrolmentKey);
    if (!isSameBytes(secretHash, row.secret_hash)) return countWrongTry(client, row);
    if (row.station !== null) {
      const owner = await findStation(client, row.station);
      if (owner === null || !isSameBytes(owner.publicKey, publicKey)) {
        return { kind: "refused", reason: "used" };
      }
      return enrolled(parts, client, row.station, { isNew: false, nowMs });
    }
    if (row.expires_at_ms < nowMs) return { kind: "refused", reason: "expired" };
    const station = newId("s", parts.random);
    await addStation(client, row, { station, publicKey, appVersion: request.app_version, nowMs });
    return enrolled(parts, client, station, { isNew: true, nowMs });
  });
}

// One table only: a row that a join adds would be as old as the wait for the lock began.
async function lockCode(client: Queryable, codeId: string): Promise<CodeRow | null> {
  const found = await client.query<CodeRow>(
    `SELECT code_id, secret_hash, place, gate, wrong_tries, expires_at_ms, station
     FROM enrolment_codes WHERE code_id = $1 FOR UPDATE`,
    [codeId],
  );
  return found.rows[0] ?? null;
}

async function countWrongTry(client: Queryable, row: CodeRow): Promise<EnrolmentResult> {
  await client.query(
    "UPDATE enrolment_codes SET wrong_tries = wrong_tries + 1 WHERE code_id = $1",
    [row.code_id],
  );
  const isLocked = row.wrong_tries + 1 >= MOST_WRONG_TRIES;
  return { kind: "refused", reason: isLocked ? "locked" : "unknown" };
}

type NewStation = {
  readonly station: string;
  readonly publicKey: Buffer;
  readonly appVersion: string;
  readonly nowMs: number;
};

async function addStation(client: Queryable, code: CodeRow, added: NewStation): Promise<void> {
  await client.query(
    `INSERT INTO stations (station, place, gate, public_key, state, app_version, enrolled_at_ms)
     VALUES ($1, $2, $3, $4, 'active', $5, $6)`,
    [added.station, code.place, code.gate, added.publicKey, added.appVersion, added.nowMs],
  );
  await client.query(
    "UPDATE enrolment_codes SET station = $2, used_at_ms = $3 WHERE code_id = $1",
    [code.code_id, added.station, added.nowMs],
  );
}

type StationRow = {
  readonly place: string;
  readonly place_name: string;
  readonly gate: string;
  readonly gate_name: string;
  readonly province_name: string;
};

async function enrolled(
  parts: EnrolmentParts,
  client: Queryable,
  station: string,
  facts: { readonly isNew: boolean; readonly nowMs: number },
): Promise<EnrolmentResult> {
  const found = await client.query<StationRow>(
    `SELECT s.place, p.name AS place_name, s.gate, g.name AS gate_name,
            (SELECT name FROM province) AS province_name
     FROM stations s JOIN places p USING (place) JOIN gates g ON g.gate = s.gate
     WHERE s.station = $1`,
    [station],
  );
  const [row] = found.rows;
  assert(row !== undefined, "an enrolled station has a place and a gate");
  const answer: EnrolmentAnswer = {
    station,
    ...row,
    keys: publicKeysOf(parts.secrets),
    rules: await currentRules(client),
    server_time_ms: facts.nowMs,
  };
  return { kind: "enrolled", answer, isNew: facts.isNew };
}
