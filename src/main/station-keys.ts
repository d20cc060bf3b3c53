import { createHmac, createSecretKey, hkdfSync } from "node:crypto";
import type { ProvinceKeys } from "#contract/wire.ts";
import { fromBase64url } from "#sealing/keys.ts";

/** Keyed hashes of this station; see the fields for who shares the key. */
export type StationHashes = {
  /** Under a key of this station alone: joins one person's entries here and nowhere else. 32 hex digits. */
  hashPerson(identity: string): string;
  /** Under a key that all stations of the province share: joins opaque codes, finds watched identities. 64 hex digits. */
  hashShared(text: string): string;
};

/** Derives the station's own hash key from the key of its book (HKDF, RFC 5869). */
export function createStationHashes(bookKey: Uint8Array, keys: ProvinceKeys): StationHashes {
  const derived = hkdfSync("sha256", bookKey, "", "tramqr-person-key-v1", 32);
  const personKey = createSecretKey(Buffer.from(derived));
  const sharedKey = createSecretKey(fromBase64url(keys.opaque_key));
  return {
    hashPerson: (identity) =>
      createHmac("sha256", personKey).update(identity, "utf8").digest("hex").slice(0, 32),
    hashShared: (text) => createHmac("sha256", sharedKey).update(text, "utf8").digest("hex"),
  };
}
