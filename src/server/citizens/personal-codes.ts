import { codeDayOf, localDay } from "#core/dates.ts";
import { holderOf } from "#server/citizens/citizen.ts";
import type { CitizenBody } from "#server/citizens/citizen.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";
import { joinCode } from "#server/vault/links.ts";
import type { Pseudonyms } from "#server/vault/pseudonyms.ts";
import type { Sealer } from "#sealing/sealed-body.ts";

export type CodeParts = {
  readonly pool: Pool;
  readonly sealer: Sealer;
  readonly pseudonyms: Pseudonyms;
};

/** A number of 10^13 is taken by another holder about once in a million codes among a million. */
const ATTEMPTS = 5;

/** No free number was found for a holder. */
export class NoFreeNumber extends Error {
  override readonly name = "NoFreeNumber";
}

/**
 * The signed code of whoever claims to be this person, 183 digits. Making a code and getting it back are one act: the
 * same claim has the same number, another claim another number, and nothing tells whether somebody had come before.
 */
export async function issuePersonalCode(
  parts: CodeParts,
  citizen: CitizenBody,
  nowMs: number,
): Promise<string> {
  const holder = holderOf(citizen);
  const person = await parts.pseudonyms.holderOf(holder);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const number = await parts.pseudonyms.personalNumber(holder, attempt);
    const [code, document] = await parts.pseudonyms.subjectsOf([
      `tram:${number}`,
      citizen.identity,
    ]);
    if (code === undefined || document === undefined) continue;
    const sealedBody = parts.sealer.seal(citizen, code.toString("hex"), localDay(nowMs));
    const row = { code, document, person, sealedBody: Buffer.from(sealedBody), nowMs };
    const isTheirs = await inTransaction(parts.pool, (client) => keepCode(client, row));
    if (isTheirs) return parts.pseudonyms.signCode(number, codeDayOf(nowMs));
  }
  throw new NoFreeNumber(`${ATTEMPTS} numbers in a row belong to others`);
}

type CodeRow = {
  readonly code: Buffer;
  readonly document: Buffer;
  readonly person: Buffer;
  readonly sealedBody: Buffer;
  readonly nowMs: number;
};

/** False when the number is another holder's. The same statements run for old and new holders. */
async function keepCode(client: Queryable, row: CodeRow): Promise<boolean> {
  const kept = await client.query(
    `INSERT INTO personal_codes AS old (code, person, document, sealed_body, first_issued_at_ms, last_issued_at_ms)
     VALUES ($1, $2, $3, $4, $5, $5)
     ON CONFLICT (code) DO UPDATE SET last_issued_at_ms = excluded.last_issued_at_ms
       WHERE old.person = excluded.person`,
    [row.code, row.person, row.document, row.sealedBody, row.nowMs],
  );
  if (kept.rowCount !== 1) return false;
  await joinCode(client, row);
  return true;
}
