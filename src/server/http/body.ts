import { constants, gunzipSync, zstdDecompressSync } from "node:zlib";
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

/**
 * One output buffer for the whole body, and on this thread: a full batch takes a quarter of a millisecond, which is a
 * quarter of what its way to another thread and back in pieces takes.
 */
const LIMITS = { maxOutputLength: MAX_BODY_BYTES, chunkSize: MAX_BODY_BYTES };
/** A frame may ask for a window of its own choice, as memory of ours; 8 MiB are more than any body needs. */
const ZSTD_LIMITS = { ...LIMITS, params: { [constants.ZSTD_d_windowLogMax]: 23 } };

/** The body before compression. A body that would grow beyond the limit is given up at the limit. */
export function decodeBody(bytes: Uint8Array, encoding: string | undefined): DecodedBody {
  switch (encoding) {
    case undefined:
    case "":
    case "identity":
      return { kind: "body", bytes };
    case "gzip":
      return decompressed(() => gunzipSync(bytes, LIMITS));
    case "zstd":
      return decompressed(() => zstdDecompressSync(bytes, ZSTD_LIMITS));
    default:
      return { kind: "refused", code: "encoding-unsupported" };
  }
}

function decompressed(work: () => Uint8Array): DecodedBody {
  try {
    return { kind: "body", bytes: work() };
  } catch (cause) {
    const isTooLarge =
      cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE";
    return { kind: "refused", code: isTooLarge ? "batch-too-large" : "body-unreadable" };
  }
}
