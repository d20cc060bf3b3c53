import type { HelloRequest } from "#contract/wire.ts";
import { signingKeyOf } from "#main/enrolment-record.ts";
import {
  fromBase64url,
  generateKeyPair,
  keyPairFromSecret,
  secretOfKey,
  toBase64url,
} from "#sealing/keys.ts";
import type { KeyPair } from "#sealing/keys.ts";
import { proveNewKey } from "#sealing/new-key.ts";
import type { SettingsTable } from "#storage/settings-table.ts";

/** What a hello's answer says about the station's key. */
export type HeardOfKeys = {
  readonly wantsNewKey: boolean;
  /** Base64url of a key that counts at the province from now on; null: it says nothing of one. */
  readonly acceptedKey: string | null;
};

/** The station's Ed25519 keys, over any number of changes. */
export type SigningKeys = {
  /** What signs now. */
  current(): KeyPair;
  /** The new key with its proof, as long as the province has not accepted it; null: there is none. */
  proposal(): NonNullable<HelloRequest["new_key"]> | null;
  /** Durable on return. True when there is something new to say to the province. */
  heard(heard: HeardOfKeys): boolean;
  /**
   * The province does not know the key that signs: perhaps it was restored from a backup of before the change. The
   * key before is tried next, and then this one again.
   */
  notKnown(): void;
};

const CURRENT = "signing-key";
const NEXT = "signing-key-next";
const PREVIOUS = "signing-key-previous";

/**
 * The keys in the settings of an enrolled station. A new one is written before it is proposed, and signs nothing but
 * its own proof before the province has accepted it; the one before is kept until the next change.
 */
export function openSigningKeys(settings: SettingsTable, station: string): SigningKeys {
  const read = (name: string): KeyPair | null => {
    const text = settings.get(name) ?? "";
    return text === "" ? null : keyPairFromSecret("ed25519", fromBase64url(text));
  };
  const write = (name: string, pair: KeyPair) =>
    settings.set(name, toBase64url(secretOfKey(pair.privateKey)));
  let current = signingKeyOf(settings, () => generateKeyPair("ed25519"));
  let next = read(NEXT);
  // Died between the last two writes of a change.
  if (next !== null && isSamePair(next, current)) next = null;
  let isPreviousTried = false;

  const signing = () => (isPreviousTried ? (read(PREVIOUS) ?? current) : current);
  /** A death in between leaves the accepted key as the next one, to be accepted again. */
  const change = (to: KeyPair) => {
    const before = isPreviousTried ? current : signing();
    write(PREVIOUS, before);
    write(CURRENT, to);
    settings.set(NEXT, "");
    [current, next, isPreviousTried] = [to, null, false];
  };
  return {
    current: signing,
    proposal() {
      if (next === null) return null;
      return { key: toBase64url(next.publicKey), proof: proveNewKey(station, next) };
    },
    heard({ wantsNewKey, acceptedKey }) {
      if (next !== null && acceptedKey === toBase64url(next.publicKey)) change(next);
      else if (isPreviousTried) change(signing());
      if (!wantsNewKey || next !== null) return false;
      const made = generateKeyPair("ed25519");
      write(NEXT, made);
      next = made;
      return true;
    },
    notKnown() {
      isPreviousTried = !isPreviousTried;
    },
  };
}

function isSamePair(one: KeyPair, other: KeyPair): boolean {
  return toBase64url(one.publicKey) === toBase64url(other.publicKey);
}
