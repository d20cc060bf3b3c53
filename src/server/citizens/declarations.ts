import { localDay } from "#core/dates.ts";
import type { CitizenBody } from "#server/citizens/citizen.ts";
import type { Queryable } from "#server/database/pool.ts";
import type { Sealer } from "#sealing/sealed-body.ts";

export type NewDeclaration = {
  /** UUIDv7 of the form's token. */
  readonly id: string;
  readonly kind: "health" | "movement";
  /** Id of a place, `code-…` of an unknown one, or null when none was named. */
  readonly place: string | null;
  readonly subject: Buffer;
  readonly citizen: CitizenBody;
};

export type KeptDeclaration = { readonly declaredAtMs: number; readonly expiresAtMs: number };

/** As the health and travel declarations of 2021 (docs/decisions/0031-citizens.md). */
export const DECLARATION_LIFE_MS = 72 * 3_600_000;

/** Keeps a declaration sealed. The same id again changes nothing and answers what was kept first. */
export async function keepDeclaration(
  database: Queryable,
  sealer: Sealer,
  declaration: NewDeclaration,
  nowMs: number,
): Promise<KeptDeclaration> {
  const { id, kind, place, subject, citizen } = declaration;
  const sealedBody = Buffer.from(sealer.seal(citizen, id, localDay(nowMs)));
  await database.query(
    `INSERT INTO declarations (declaration, kind, place, subject, sealed_body, declared_at_ms, expires_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
    [id, kind, place, subject, sealedBody, nowMs, nowMs + DECLARATION_LIFE_MS],
  );
  const kept = await database.query<{ declared_at_ms: number; expires_at_ms: number }>(
    "SELECT declared_at_ms, expires_at_ms FROM declarations WHERE declaration = $1",
    [id],
  );
  const row = kept.rows[0];
  return {
    declaredAtMs: row?.declared_at_ms ?? nowMs,
    expiresAtMs: row?.expires_at_ms ?? nowMs + DECLARATION_LIFE_MS,
  };
}

/** One line of `declaration list`. */
export type DeclarationRow = {
  readonly declaration: string;
  readonly kind: string;
  readonly place: string | null;
  readonly subject: Buffer;
  readonly sealed_body: Buffer;
  readonly declared_at_ms: number;
  readonly expires_at_ms: number;
};

const BEGINNING = { at: -1, id: "00000000-0000-0000-0000-000000000000" };

/** Declarations by time, page by page; only those still good at `nowMs`, unless all are asked for. */
export async function* readDeclarations(
  database: Queryable,
  {
    nowMs,
    isAll,
    pageSize,
  }: { readonly nowMs: number; readonly isAll: boolean; readonly pageSize: number },
): AsyncGenerator<readonly DeclarationRow[]> {
  let after = BEGINNING;
  for (;;) {
    const page = await database.query<DeclarationRow>(
      `SELECT * FROM declarations
       WHERE (declared_at_ms, declaration) > ($1, $2::uuid) AND ($3 OR expires_at_ms > $4)
       ORDER BY declared_at_ms, declaration LIMIT $5`,
      [after.at, after.id, isAll, nowMs, pageSize],
    );
    if (page.rows.length > 0) yield page.rows;
    const last = page.rows.at(-1);
    if (last === undefined || page.rows.length < pageSize) return;
    after = { at: last.declared_at_ms, id: last.declaration };
  }
}

/** How many persons the kept declarations are about. */
export async function countDeclarers(database: Queryable): Promise<number> {
  const counted = await database.query<{ count: number }>(
    "SELECT count(DISTINCT subject) AS count FROM declarations",
  );
  return counted.rows[0]?.count ?? 0;
}
