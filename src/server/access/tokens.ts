import { createHash } from "node:crypto";
import type { Random } from "#core/ports.ts";

/** A bearer token: 256 random bits in base64url behind a word by which a leak is found in files and logs. */
const TOKEN = /^tramqr_[A-Za-z0-9_-]{43}$/;
const PREFIX = "tramqr_";
const TOKEN_BYTES = 32;

export function newToken(random: Random): string {
  return `${PREFIX}${Buffer.from(random.bytes(TOKEN_BYTES)).toString("base64url")}`;
}

/** True for what has the form of a token. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** What is kept of a token. */
export function tokenHash(token: string): Buffer {
  return createHash("sha256").update(token, "utf8").digest();
}

/** The token of an `Authorization` header; null when there is none of our form. */
export function bearerToken(header: string | undefined): string | null {
  const token = /^bearer +(\S+)$/i.exec(header ?? "")?.[1];
  return token !== undefined && isToken(token) ? token : null;
}
