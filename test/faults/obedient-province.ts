import { appendFileSync } from "node:fs";
import { SIGNATURE_HEADER } from "#contract/wire.ts";
import type { HttpRequest, Network } from "#core/ports.ts";
import type { KeyPair } from "#sealing/keys.ts";
import { signAnswer } from "#sealing/signature.ts";

/**
 * A province that holds the whole book, whatever the book is, and orders the wipe. A last hello adds a line to the file
 * `heardFile`.
 */
export function obedientProvince(answerKey: KeyPair, heardFile: string): Network {
  return {
    async send(request: HttpRequest) {
      const hello = JSON.parse(Buffer.from(request.body).toString("utf8")) as {
        readonly seq: number;
        readonly state: string;
      };
      if (hello.state === "wiped") appendFileSync(heardFile, "wiped\n");
      const answer = {
        server_time_ms: Date.now(),
        comparison: "equal",
        head_seq: hello.seq,
        contiguous_upto: hello.seq,
        missing: [],
        state: "wipe",
        interval_ms: 1_000,
        spread_hint_ms: 0,
      };
      const body = new Uint8Array(Buffer.from(JSON.stringify(answer)));
      const requestSignature = request.headers[SIGNATURE_HEADER] ?? "";
      const signature = signAnswer({ requestSignature, status: 200, body }, answerKey.privateKey);
      return { status: 200, headers: { [SIGNATURE_HEADER]: signature }, body };
    },
  };
}
