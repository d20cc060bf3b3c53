import * as zlib from "node:zlib";
import { assert } from "#core/assert.ts";
import type { PendingEvent } from "#core/outbox.ts";
import { BATCH_CONTENT_TYPE, MAX_BATCH_BYTES, MAX_BATCH_EVENTS } from "#contract/wire.ts";

/** One upload: whole lines of one instance, compressed as the headers say. */
export type Batch = {
  readonly instance: string;
  readonly eventIds: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

/** A batch from the front of the queue, or the first event that can be no line of any batch, or nothing. */
export type BatchResult =
  | { readonly kind: "batch"; readonly batch: Batch }
  | { readonly kind: "unsendable"; readonly eventId: string }
  | { readonly kind: "nothing" };

/** The longest prefix of `events` that is one batch: one instance, at most 200 events and 256 KiB of lines. */
export function buildBatch(events: readonly PendingEvent[]): BatchResult {
  const [first] = events;
  if (first === undefined) return { kind: "nothing" };
  const lines: string[] = [];
  let bytes = 0;
  for (const event of events.slice(0, MAX_BATCH_EVENTS)) {
    const line = lineOf(event);
    const size = line === null ? Infinity : Buffer.byteLength(line);
    if (line === null || event.instance !== first.instance || bytes + size > MAX_BATCH_BYTES) break;
    lines.push(line);
    bytes += size;
  }
  if (lines.length === 0) return { kind: "unsendable", eventId: first.eventId };
  const eventIds = events.slice(0, lines.length).map((event) => event.eventId);
  return { kind: "batch", batch: { instance: first.instance, eventIds, ...compress(lines) } };
}

/**
 * The wire's form of one event: its header text, byte for byte as it was hashed, with `hash` and `sealed_body` added,
 * and a line feed. Null for a header that is not one line of one JSON object, which would tear the batch apart.
 */
function lineOf(event: PendingEvent): string | null {
  const { headerText, sealedBody } = event;
  const isOneObject = /^\{".*\}$/.test(headerText) && !headerText.includes("\r");
  if (!isOneObject) return null;
  const body = sealedBody === null ? null : Buffer.from(sealedBody).toString("base64");
  const added = JSON.stringify({ hash: event.hash, sealed_body: body });
  return `${headerText.slice(0, -1)},${added.slice(1)}\n`;
}

function compress(lines: readonly string[]): Pick<Batch, "headers" | "body"> {
  const bytes = Buffer.from(lines.join(""), "utf8");
  assert(bytes.length <= MAX_BATCH_BYTES, "a batch stays within its limit");
  // Electron ships its own zlib, which may be built without zstd.
  const hasZstd = typeof zlib.zstdCompressSync === "function";
  const body = hasZstd ? zlib.zstdCompressSync(bytes) : zlib.gzipSync(bytes);
  const headers = {
    "content-type": BATCH_CONTENT_TYPE,
    "content-encoding": hasZstd ? "zstd" : "gzip",
  };
  return { headers, body: new Uint8Array(body) };
}
