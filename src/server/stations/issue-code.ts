import type { Random } from "#core/ports.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";
import {
  enrolmentCodeText,
  enrolmentSecretHash,
  newEnrolmentCode,
} from "#server/stations/enrolment-code.ts";
import { requireGate } from "#server/stations/places.ts";

/** Where a new station will stand, and how long its code is good for. */
export type CodeRequest = {
  readonly place: string;
  readonly gate: string;
  /** 0.25 (15 minutes) to 72; policy allows nothing else. */
  readonly validHours: number;
};

export type IssuingParts = {
  readonly pool: Pool;
  readonly enrolmentKey: Uint8Array;
  readonly random: Random;
};

export type IssuedCode = { readonly code: string; readonly expiresAtMs: number };

/** A code may not be valid for this long, or this short. */
export class BadValidity extends Error {
  override readonly name = "BadValidity";
}

/** Too many codes are open at once to find a free number. */
export class NoFreeCode extends Error {
  override readonly name = "NoFreeCode";
}

export const DEFAULT_VALID_HOURS = 24;
const LEAST_HOURS = 0.25;
const MOST_HOURS = 72;
const HOUR_MS = 3_600_000;
/** Numbers of codes are free again a month after their end. */
const KEPT_MS = 30 * 24 * HOUR_MS;
const ATTEMPTS = 20;

/** Makes a one-time code bound to a place and a gate. Throws {@link BadValidity} and what `requireGate` throws. */
export async function issueCode(
  parts: IssuingParts,
  request: CodeRequest,
  nowMs: number,
): Promise<IssuedCode> {
  const { validHours } = request;
  if (!(validHours >= LEAST_HOURS && validHours <= MOST_HOURS)) {
    throw new BadValidity(`A code is valid for ${LEAST_HOURS} to ${MOST_HOURS} hours.`);
  }
  return inTransaction(parts.pool, async (client) => {
    await requireGate(client, request.place, request.gate);
    await client.query("DELETE FROM enrolment_codes WHERE expires_at_ms < $1", [nowMs - KEPT_MS]);
    const expiresAtMs = Math.round(nowMs + validHours * HOUR_MS);
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const code = newEnrolmentCode(parts.random);
      const secretHash = enrolmentSecretHash(code, parts.enrolmentKey);
      const row = { codeId: code.codeId, secretHash, nowMs, expiresAtMs };
      if (await insertCode(client, request, row)) {
        return { code: enrolmentCodeText(code), expiresAtMs };
      }
    }
    throw new NoFreeCode("No free number for an enrolment code: too many codes are open.");
  });
}

type CodeRow = {
  readonly codeId: string;
  readonly secretHash: Buffer;
  readonly nowMs: number;
  readonly expiresAtMs: number;
};

async function insertCode(client: Queryable, request: CodeRequest, row: CodeRow): Promise<boolean> {
  const inserted = await client.query(
    `INSERT INTO enrolment_codes (code_id, secret_hash, place, gate, made_at_ms, expires_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
    [row.codeId, row.secretHash, request.place, request.gate, row.nowMs, row.expiresAtMs],
  );
  return inserted.rowCount === 1;
}
