import { describe, expect, test } from "vitest";
import { Value } from "typebox/value";
import canonicalize from "canonicalize";
import type { PendingEvent } from "#core/outbox.ts";
import { MAX_BATCH_BYTES, WireEvent } from "#contract/wire.ts";
import { bodyHash, eventHash } from "#sealing/chain.ts";
import { buildBatch } from "#sync/batch.ts";
import type { Batch } from "#sync/batch.ts";
import { linesOf, plainBody } from "./fake-province.ts";
import { createMemoryOutbox } from "./memory-outbox.ts";

function pendingEvents(count: number): readonly PendingEvent[] {
  const outbox = createMemoryOutbox();
  for (let index = 0; index < count; index += 1) outbox.add();
  return outbox.nextBatch(count, Infinity, 0);
}

function batchOf(events: readonly PendingEvent[]): Batch {
  const result = buildBatch(events);
  if (result.kind !== "batch") throw new Error(`no batch but ${result.kind}`);
  return result.batch;
}

function plainOf({ headers, body }: Batch): string {
  return plainBody({ method: "POST", path: "/v1/batches", headers, body });
}

describe("a batch", () => {
  test("has one line for each event, in order, which is the contract's and still hashes", () => {
    const events = pendingEvents(3);

    const batch = batchOf(events);
    const lines = linesOf(plainOf(batch));

    expect(batch.eventIds).toEqual(events.map((event) => event.eventId));
    expect(lines.map((line) => line.event_id)).toEqual(batch.eventIds);
    for (const line of lines) {
      const { hash, sealed_body: sealed, ...header } = line;
      expect(Value.Check(WireEvent, line)).toBe(true);
      expect(eventHash(canonicalize(header) ?? "")).toBe(hash);
      expect(bodyHash(Buffer.from(sealed ?? "", "base64"))).toBe(line.body_hash);
    }
  });

  test("carries the header's text byte for byte", () => {
    const [event] = pendingEvents(1);

    const plain = plainOf(batchOf([event as PendingEvent]));

    expect(plain.startsWith(event?.headerText.slice(0, -1) ?? "-")).toBe(true);
    expect(plain.endsWith("\n")).toBe(true);
  });

  test("says null for a body that is erased", () => {
    const [event] = pendingEvents(1);

    const [line] = linesOf(plainOf(batchOf([{ ...(event as PendingEvent), sealedBody: null }])));

    expect(line?.sealed_body).toBeNull();
  });

  test("is compressed as its headers say", () => {
    const batch = batchOf(pendingEvents(100));

    expect(batch.headers).toEqual({
      "content-type": "application/x-ndjson",
      "content-encoding": "zstd",
    });
    expect(batch.body.length).toBeLessThan(plainOf(batch).length / 2);
  });

  test("holds at most 200 events", () => {
    expect(batchOf(pendingEvents(250)).eventIds).toHaveLength(200);
  });

  test("holds at most 256 KiB before compression, and as much of them as fits", () => {
    const events = pendingEvents(60).map((event) => ({
      ...event,
      sealedBody: new Uint8Array(12_000).fill(1),
    }));

    const batch = batchOf(events);
    const bytes = Buffer.byteLength(plainOf(batch));

    expect(bytes).toBeLessThanOrEqual(MAX_BATCH_BYTES);
    expect(bytes + bytes / batch.eventIds.length).toBeGreaterThan(MAX_BATCH_BYTES);
  });

  test("holds events of one instance only", () => {
    const events = [...pendingEvents(2), ...pendingEvents(2)];

    const batch = batchOf(events);

    expect(batch.eventIds).toHaveLength(2);
    expect(batch.instance).toBe(events[0]?.instance);
  });

  test("is nothing without events", () => {
    expect(buildBatch([])).toEqual({ kind: "nothing" });
  });
});

describe("an event that can be no line", () => {
  const [good] = pendingEvents(1) as [PendingEvent];

  test.each([
    ["with a line feed", good.headerText.replace(",", ",\n")],
    ["with a carriage return", good.headerText.replace(",", ",\r")],
    ["that is no object", "[1]"],
    ["that is empty", ""],
    ["longer than a batch", `{"a":"${"x".repeat(MAX_BATCH_BYTES)}"}`],
  ])("%s is named, and stops no other", (_name, headerText) => {
    const bad = { ...good, eventId: "bad", headerText };

    expect(buildBatch([bad, good])).toEqual({ kind: "unsendable", eventId: "bad" });
    expect(batchOf([good, bad]).eventIds).toEqual([good.eventId]);
  });
});
