import { GENESIS_HASH } from "#sealing/chain.ts";
import type { HeadComparison, HelloRequest } from "#contract/wire.ts";

/** The server's side of a stream, as far as a comparison needs it. Hashes in hex. */
export type ServerHead = {
  readonly headSeq: number;
  readonly contiguousUpto: number;
  /** Hash of the event at the station's seq; null when it is not here or nothing proves it. */
  readonly hashAtStationSeq: string | null;
};

/** How the two heads compare (docs/formats/wire.md "Hello"). The gravest finding wins. */
export function compareHeads(
  own: Pick<HelloRequest, "seq" | "hash" | "acknowledged_upto">,
  server: ServerHead,
): HeadComparison {
  const known = own.seq === 0 ? GENESIS_HASH : server.hashAtStationSeq;
  if (known !== null && known !== own.hash) return "fork";
  if (server.headSeq > own.seq) return "server-ahead";
  if (server.contiguousUpto < own.acknowledged_upto) return "server-behind";
  return server.headSeq === own.seq ? "equal" : "station-ahead";
}
