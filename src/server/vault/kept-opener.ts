import { createBodyOpener } from "#sealing/sealed-body.ts";
import type { BodyOpener } from "#sealing/sealed-body.ts";
import type { ProvinceSecrets } from "#server/vault/province-keys.ts";

const MAX_CONTEXTS = 1_000;

/** Made when the first body is opened, and kept: to make one takes longer than to open one. */
export function keptOpener({ openingKey }: Pick<ProvinceSecrets, "openingKey">): () => BodyOpener {
  let made: BodyOpener | null = null;
  return () => (made ??= createBodyOpener(openingKey, MAX_CONTEXTS));
}
