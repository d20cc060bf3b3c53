import { stringify } from "uuid";
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { Clock, Random } from "#core/ports.ts";

/**
 * Tokens that make a form count once: without state, good at every server process of the province. A token is
 * time (6 bytes) ‖ chance (10) ‖ MAC (16), base64url.
 */
export type FormTokens = {
  issue(): { readonly token: string; readonly expiresAtMs: number };
  read(token: string): ReadToken;
};

export type ReadToken =
  /** `id` is a UUIDv7 of the token's own: the idempotency key of whatever is sent with it. */
  | { readonly kind: "good"; readonly id: string }
  | { readonly kind: "expired" }
  | { readonly kind: "unknown" };

/** Long enough to fill in a form at a busy gate; a page that lay open longer is asked to send again. */
export const TOKEN_LIFE_MS = 6 * 3_600_000;
/** Servers of one province may disagree by this much. */
const CLOCK_MARGIN_MS = 60_000;
const HEAD_BYTES = 16;
const MAC_BYTES = 16;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** `secret` is any secret of the province; a key of its own is derived from it. */
export function createFormTokens(secret: Uint8Array, clock: Clock, random: Random): FormTokens {
  const key = Buffer.from(hkdfSync("sha256", secret, "", "tramqr-form-token-v1", 32));
  const macOf = (head: Buffer) =>
    createHmac("sha256", key).update(head).digest().subarray(0, MAC_BYTES);
  return {
    issue() {
      const nowMs = clock.nowMs();
      const head = Buffer.concat([Buffer.alloc(6), random.bytes(10)]);
      head.writeUIntBE(nowMs, 0, 6);
      const token = Buffer.concat([head, macOf(head)]).toString("base64url");
      return { token, expiresAtMs: nowMs + TOKEN_LIFE_MS };
    },
    read(token) {
      if (!TOKEN.test(token)) return { kind: "unknown" };
      const bytes = Buffer.from(token, "base64url");
      const head = bytes.subarray(0, HEAD_BYTES);
      if (!timingSafeEqual(bytes.subarray(HEAD_BYTES), macOf(head))) return { kind: "unknown" };
      const ageMs = clock.nowMs() - head.readUIntBE(0, 6);
      if (ageMs > TOKEN_LIFE_MS || ageMs < -CLOCK_MARGIN_MS) return { kind: "expired" };
      return { kind: "good", id: uuidOf(head) };
    },
  };
}

/** RFC 9562: the 48 bits of time stay, version 7 and variant 10 take six of the 80 bits of chance. */
function uuidOf(head: Buffer): string {
  const bytes = Buffer.from(head);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return stringify(bytes);
}
