import { createSecretKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { Type } from "typebox";
import type { Static } from "typebox";
import { Value } from "typebox/value";
import type { Random } from "#core/ports.ts";
import type { ProvinceKeys } from "#contract/wire.ts";
import { fromBase64url, keyPairFromSecret, toBase64url } from "#sealing/keys.ts";
import type { KeyPair } from "#sealing/keys.ts";
import { hasKeyFile, readKeyText, writeKeyText } from "#server/vault/key-file.ts";

/** All secrets of the province. Who has them can read every entry and speak for the province. */
export type ProvinceSecrets = {
  /** Opens sealed bodies (X25519). */
  readonly openingKey: KeyPair;
  /** Signs answers to stations (Ed25519). */
  readonly answerKey: KeyPair;
  /** Signs personal codes (Ed25519), by key number. */
  readonly personalCodeKeys: readonly { readonly number: number; readonly key: KeyPair }[];
  /** HMAC-SHA-256: identity → subject. Never leaves the server. */
  readonly subjectKey: KeyObject;
  /** HMAC-SHA-256: how stations hash opaque codes and watched identities. Stations have it, too. */
  readonly opaqueKey: Uint8Array;
  /** HMAC-SHA-256: how enrolment codes are kept. */
  readonly enrolmentKey: Uint8Array;
  /** The text of the key file, for backups. */
  readonly keyText: string;
};

/** Both copies of the key file are missing or damaged although a database was made with them. Never answered by new keys. */
export class ProvinceKeysLost extends Error {
  override readonly name = "ProvinceKeysLost";
}

/** The database belongs to other keys than these. */
export class WrongProvinceKeys extends Error {
  override readonly name = "WrongProvinceKeys";
}

const MAGIC = "tramqr-province-keys-1";
const KEY_BYTES = 32;
const FIRST_KEY_NUMBER = 1;

const Secret = Type.String({ pattern: "^[A-Za-z0-9_-]{43}$" });
const KeyFile = Type.Object({
  magic: Type.Literal(MAGIC),
  opening_key: Secret,
  answer_key: Secret,
  personal_code_keys: Type.Array(Type.Object({ number: Type.Integer(), key: Secret })),
  subject_key: Secret,
  opaque_key: Secret,
  enrolment_key: Secret,
});
type KeyFile = Static<typeof KeyFile>;

/**
 * The secrets in `folder`. New ones are made only when there is no key file and `isNewProvince`. Throws
 * {@link ProvinceKeysLost}.
 */
export function loadProvinceSecrets(
  folder: string,
  isNewProvince: boolean,
  random: Random,
): ProvinceSecrets {
  const text = readKeyText(folder);
  if (text !== null) return secretsFromText(text, `the key file in ${folder}`);
  if (!isNewProvince || hasKeyFile(folder)) {
    throw new ProvinceKeysLost(
      `no whole key file in ${folder}: put back province.key.a or province.key.b from a backup.`,
    );
  }
  const file = newKeyFile(random);
  writeKeyText(folder, JSON.stringify(file));
  return secretsOf(file);
}

/** New secrets that are not written anywhere; for simulations. */
export function newProvinceSecrets(random: Random): ProvinceSecrets {
  return secretsOf(newKeyFile(random));
}

/** What stations get at enrolment. */
export function publicKeysOf(secrets: ProvinceSecrets): ProvinceKeys {
  return {
    sealing_key: toBase64url(secrets.openingKey.publicKey),
    answer_key: toBase64url(secrets.answerKey.publicKey),
    personal_code_keys: secrets.personalCodeKeys.map(({ number, key }) => ({
      number,
      key: toBase64url(key.publicKey),
    })),
    opaque_key: toBase64url(secrets.opaqueKey),
  };
}

function newKeyFile(random: Random): KeyFile {
  const secret = () => toBase64url(random.bytes(KEY_BYTES));
  return {
    magic: MAGIC,
    opening_key: secret(),
    answer_key: secret(),
    personal_code_keys: [{ number: FIRST_KEY_NUMBER, key: secret() }],
    subject_key: secret(),
    opaque_key: secret(),
    enrolment_key: secret(),
  };
}

/** The secrets of a key file's text; `source` names it for people. Throws {@link ProvinceKeysLost}. */
export function secretsFromText(text: string, source: string): ProvinceSecrets {
  try {
    return secretsOf(Value.Parse(KeyFile, JSON.parse(text)));
  } catch (cause) {
    throw new ProvinceKeysLost(`${source} is of another program.`, { cause });
  }
}

function secretsOf(file: KeyFile): ProvinceSecrets {
  return {
    openingKey: keyPairFromSecret("x25519", fromBase64url(file.opening_key)),
    answerKey: keyPairFromSecret("ed25519", fromBase64url(file.answer_key)),
    personalCodeKeys: file.personal_code_keys.map(({ number, key }) => ({
      number,
      key: keyPairFromSecret("ed25519", fromBase64url(key)),
    })),
    subjectKey: createSecretKey(fromBase64url(file.subject_key)),
    opaqueKey: fromBase64url(file.opaque_key),
    enrolmentKey: fromBase64url(file.enrolment_key),
    keyText: JSON.stringify(file),
  };
}
