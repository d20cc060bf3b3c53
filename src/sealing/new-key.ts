import { fromBase64url, toBase64url } from "#sealing/keys.ts";
import type { KeyPair } from "#sealing/keys.ts";
import { isSignatureValid, signMessage } from "#sealing/signature.ts";

/** Ed25519 by the new key over its station and itself (docs/formats/wire.md "New keys"); base64url. */
export function proveNewKey(station: string, pair: KeyPair): string {
  const message = newKeyMessage(station, toBase64url(pair.publicKey));
  return toBase64url(signMessage(message, pair.privateKey));
}

/** Whether whoever proposes this key (base64url) has its secret, and means this station. */
export function isNewKeyProven(station: string, key: string, proof: string): boolean {
  return isSignatureValid(newKeyMessage(station, key), fromBase64url(proof), fromBase64url(key));
}

function newKeyMessage(station: string, key: string): Buffer {
  return Buffer.from(["tramqr-new-key-v1", station, key].join("\n"), "utf8");
}
