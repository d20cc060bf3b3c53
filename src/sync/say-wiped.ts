import type { HelloAnswer, HelloRequest } from "#contract/wire.ts";
import { HELLO_PATH, isHelloAnswer } from "#sync/say-hello.ts";
import { exchangeSigned } from "#sync/signed-exchange.ts";
import type { Exchange, ExchangeParts } from "#sync/signed-exchange.ts";

/** What is left to say of a station that has forgotten everything: where its book ended. */
export type WipedFacts = Pick<
  HelloRequest,
  "instance" | "seq" | "hash" | "app_version" | "boot_id"
>;

/** The last hello of a station, once. Only `answered` means that the province knows, and that the key may go. */
export function sayWiped(
  parts: ExchangeParts,
  facts: WipedFacts,
  signal: AbortSignal,
): Promise<Exchange<HelloAnswer>> {
  const request: HelloRequest = {
    ...facts,
    acknowledged_upto: facts.seq,
    pending: 0,
    oldest_pending_ms: null,
    wall_ms: Math.round(parts.clock.nowMs()),
    mono_ms: Math.round(parts.clock.monoMs()),
    policy_version: 0,
    disk_free_bytes: null,
    scanners: [],
    state: "wiped",
  };
  const post = {
    path: HELLO_PATH,
    headers: { "content-type": "application/json" },
    body: new Uint8Array(Buffer.from(JSON.stringify(request))),
    isAnswer: isHelloAnswer,
  };
  return exchangeSigned(parts, post, signal);
}
