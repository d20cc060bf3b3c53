import type { FastifyInstance } from "fastify";
import { registerApi } from "#server/citizens/api.ts";
import { createDesk } from "#server/citizens/desk.ts";
import { createFormTokens } from "#server/citizens/form-token.ts";
import { createCitizenGuard, defaultCitizenLimits } from "#server/citizens/limits.ts";
import { registerInbox } from "#server/citizens/officer-endpoints.ts";
import { registerPages } from "#server/citizens/pages.ts";
import type { Pool } from "#server/database/pool.ts";
import type { ServerParts } from "#server/http/parts.ts";
import { createPseudonyms } from "#server/vault/pseudonyms.ts";

/** Registers everything that citizens use, as pages and as JSON. */
export function registerCitizens(app: FastifyInstance, parts: ServerParts): void {
  const { secrets, clock, random, onStored } = parts;
  const pool = parts.citizensPool ?? parts.pool;
  const tokens = createFormTokens(secrets.enrolmentKey, clock, random);
  const desk = createDesk({
    pool,
    pseudonyms: createPseudonyms(secrets),
    sealingKey: secrets.openingKey.publicKey,
    tokens,
    guard: createCitizenGuard({ ...defaultCitizenLimits, ...parts.citizenLimits }, clock, random),
    clock,
    random,
    ...(onStored === undefined ? {} : { onStored }),
  });
  registerInbox(app, parts);
  registerApi(app, desk, tokens);
  registerPages(app, { desk, tokens, provinceName: provinceNameOf(pool) });
}

/** Asked once; it never changes while the server runs. */
export function provinceNameOf(pool: Pool): () => Promise<string> {
  let known: string | null = null;
  return async () => {
    if (known !== null) return known;
    const found = await pool.query<{ name: string }>("SELECT name FROM province");
    known = found.rows[0]?.name ?? null;
    return known ?? "TramQR";
  };
}
