import { readFileSync, writeFileSync } from "node:fs";
import type { Random } from "#core/ports.ts";
import { fromBase64url, keyPairFromSecret, secretOfKey, toBase64url } from "#sealing/keys.ts";
import type { KeyPair } from "#sealing/keys.ts";

/** The recovery key cannot be written or read; the message is one sentence. */
export class BadRecoveryKey extends Error {
  override readonly name = "BadRecoveryKey";
}

const FORM = /^TRAMQR-RECOVERY-1 ([A-Za-z0-9_-]{43})$/;

/** A new pair: the server keeps the public half only, so that who steals the server cannot read its backups. */
export function newRecoveryKey(random: Random): KeyPair {
  return keyPairFromSecret("x25519", random.bytes(32));
}

/** One line, to be printed or kept on a medium in a safe. Never replaces a file. Throws {@link BadRecoveryKey}. */
export function writeRecoveryKey(path: string, key: KeyPair): void {
  const line = `TRAMQR-RECOVERY-1 ${toBase64url(secretOfKey(key.privateKey))}\n`;
  try {
    writeFileSync(path, line, { mode: 0o600, flag: "wx", flush: true });
  } catch (cause) {
    const text = `${path} cannot be made: it is there already, or the server's user has no right to.`;
    throw new BadRecoveryKey(text, { cause });
  }
}

/** Throws {@link BadRecoveryKey}. */
export function readRecoveryKey(path: string): KeyPair {
  let line: string;
  try {
    line = readFileSync(path, "utf8").trim();
  } catch (cause) {
    throw new BadRecoveryKey(`${path} cannot be read.`, { cause });
  }
  const secret = FORM.exec(line)?.[1];
  if (secret === undefined) throw new BadRecoveryKey(`${path} holds no recovery key.`);
  return keyPairFromSecret("x25519", fromBase64url(secret));
}
