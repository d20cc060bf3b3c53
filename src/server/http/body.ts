import { promisify } from "node:util";
import { gunzip, zstdDecompress } from "node:zlib";
import { MAX_BATCH_BYTES } from "#contract/wire.ts";

/** A batch's lines may pass its limit by the last line that began below it, and compression may fail to compress. */
const MARGIN_BYTES = 64 * 1024;
/** Most bytes of a body on the wire, and most after decompression. */
export const MAX_BODY_BYTES = MAX_BATCH_BYTES + MARGIN_BYTES;

export type DecodedBody =
  | { readonly kind: "body"; readonly bytes: Uint8Array }
  | {
      readonly kind: "refused";
      readonly code: "body-unreadable" | "encoding-unsupported" | "batch-too-large";
    };

const unzip = promisify(gunzip);
const unzstd = promisify(zstdDecompress);
const LIMITS = { maxOutputLength: MAX_BODY_BYTES };

/** The body before compression. A body that would grow beyond the limit is given up at the limit. */
export async function decodeBody(
  bytes: Uint8Array,
  encoding: string | undefined,
): Promise<DecodedBody> {
  switch (encoding) {
    case undefined:
    case "":
    case "identity":
      return { kind: "body", bytes };
    case "gzip":
      return decompressed(unzip(bytes, LIMITS));
    case "zstd":
      return decompressed(unzstd(bytes, LIMITS));
    default:
      return { kind: "refused", code: "encoding-unsupported" };
  }
}

async function decompressed(work: Promise<Uint8Array>): Promise<DecodedBody> {
  try {
    return { kind: "body", bytes: await work };
  } catch (cause) {
    const isTooLarge =
      cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE";
    return { kind: "refused", code: isTooLarge ? "batch-too-large" : "body-unreadable" };
  }
}
