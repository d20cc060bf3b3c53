import { hash } from "node:crypto";
import canonicalize from "canonicalize";
import { assert } from "#core/assert.ts";
import type { EventChain, EventHeader } from "#core/entry.ts";

/** `prev_hash` of the first event of an instance. */
export const GENESIS_HASH = "0".repeat(64);

const DOMAIN = "tramqr-event-v1\n";

/** The header as canonical JSON (RFC 8785): the exact text that is hashed, stored and sent. */
export function headerText(header: EventHeader): string {
  const text = canonicalize(header);
  assert(text !== undefined, "an event header is always JSON");
  return text;
}

/** Hash of an event from its header text; the next event's `prev_hash`. Hex. */
export function eventHash(text: string): string {
  return hash("sha256", DOMAIN + text, "hex");
}

/** Hash of a sealed body, which the header carries so that the chain survives the body's deletion. Hex. */
export function bodyHash(sealedBody: Uint8Array): string {
  return hash("sha256", sealedBody, "hex");
}

/** The chain as the entry book takes it. */
export const eventChain: EventChain = { genesis: GENESIS_HASH, headerText, eventHash, bodyHash };
