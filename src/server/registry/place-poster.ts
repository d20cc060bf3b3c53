import type { Clock, Random } from "#core/ports.ts";
import type { Pool } from "#server/database/pool.ts";
import { ensureShortCode } from "#server/registry/place-codes.ts";
import { posterAddress, posterFile } from "#server/registry/poster.ts";
import type { PosterFile, PosterFormat } from "#server/registry/poster.ts";
import { posterOrigin } from "#server/registry/public-url.ts";

type PosterParts = { readonly pool: Pool; readonly clock: Clock; readonly random: Random };

/** Whose poster it is. */
export type PosterPlace = {
  readonly place: string;
  readonly name: string;
  /** Null for a place that was made before places had digits: it gets them now. */
  readonly short_code: string | null;
};

/**
 * A place's poster as a file, and the address that its code says. Throws NoPublicUrl until the province has said where
 * posters lead, and what `posterFile` throws.
 */
export async function placePoster(
  { pool, clock, random }: PosterParts,
  { place, name, short_code }: PosterPlace,
  format: PosterFormat,
): Promise<PosterFile & { readonly address: string }> {
  const origin = await posterOrigin(pool);
  const shortCode = short_code ?? (await ensureShortCode(pool, place, random));
  const poster = { ...origin, placeName: name, shortCode, atMs: clock.nowMs() };
  return { ...(await posterFile(poster, format)), address: posterAddress(poster) };
}
