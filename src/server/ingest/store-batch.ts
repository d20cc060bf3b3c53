import { assert } from "#core/assert.ts";
import type { BatchAnswer, EventAnswer } from "#contract/wire.ts";
import { isDataRefused } from "#server/database/errors.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";
import type { BootTimes } from "#server/ingest/corrected-time.ts";
import { appendRun, runOf } from "#server/ingest/append-run.ts";
import { heldBack, judgeLine } from "#server/ingest/judge.ts";
import type { Judged, QuarantinedLine, ValidEvent } from "#server/ingest/judge.ts";
import { quarantineLines } from "#server/ingest/quarantine.ts";
import type { Fate } from "#server/ingest/sort-out.ts";
import { eventRow, sealedRange, storeStream } from "#server/ingest/store-stream.ts";
import type { StreamBatch, StreamContext } from "#server/ingest/store-stream.ts";
import type { KnownPlaces } from "#server/ingest/known-places.ts";

export type IngestParts = { readonly pool: Pool; readonly knownPlaces: KnownPlaces };

/** One signed upload. */
export type Upload = {
  readonly station: string;
  /** Everything of a revoked station is kept for review and stored as nothing. */
  readonly isRevoked: boolean;
  readonly lines: readonly Uint8Array[];
  readonly nowMs: number;
};

/** What was kept, for the log and for whoever opens bodies. */
export type StoredBatch = {
  readonly answer: BatchAnswer;
  readonly storedCount: number;
  readonly quarantinedCount: number;
};

/**
 * Stores a batch in one transaction, durable when it returns, and answers each line that names an event. A line that
 * PostgreSQL itself refuses costs the batch its one transaction, never its other events.
 */
export async function storeBatch(parts: IngestParts, upload: Upload): Promise<StoredBatch> {
  const judged = upload.lines.map((line) => judgeFor(line, upload));
  const appended = await appendJudged(parts, upload, judged);
  if (appended !== null) return appended;
  try {
    return await storeJudged(parts, upload, judged);
  } catch (cause) {
    if (!isDataRefused(cause)) throw cause;
    return storeOneByOne(parts, upload, judged);
  }
}

function judgeFor(line: Uint8Array, upload: Upload): Judged {
  const judged = judgeLine(line, upload.station);
  if (!upload.isRevoked || judged.kind === "quarantined") return judged;
  return { kind: "quarantined", line: heldBack(judged.event, "station-revoked") };
}

/** The common case: what a station sends continues what it sent before. Null when it is any other. */
async function appendJudged(
  parts: IngestParts,
  upload: Upload,
  judged: readonly Judged[],
): Promise<StoredBatch | null> {
  const run = runOf(judged);
  if (run === null) return null;
  const { station, nowMs } = upload;
  const { instance, events } = run;
  const context = await gatherContext(parts, parts.pool, upload, judged);
  const rows = events.map((event) => eventRow(event, context));
  const appending = { station, instance, nowMs, rows, sealed: sealedRange(events) };
  if (!(await appendRun(parts.pool, appending))) return null;
  return {
    answer: {
      server_time_ms: nowMs,
      contiguous_upto: events.at(-1)?.header.seq ?? 0,
      answers: events.map(({ header }) => ({ event_id: header.event_id, result: "stored" })),
    },
    storedCount: events.length,
    quarantinedCount: 0,
  };
}

async function storeOneByOne(
  parts: IngestParts,
  upload: Upload,
  judged: readonly Judged[],
): Promise<StoredBatch> {
  const results: StoredBatch[] = [];
  for (const one of judged) results.push(await storeAlone(parts, upload, one));
  const last = results.at(-1);
  assert(last !== undefined, "an empty batch is never refused");
  return {
    answer: { ...last.answer, answers: results.flatMap((result) => result.answer.answers) },
    storedCount: sum(results.map((result) => result.storedCount)),
    quarantinedCount: sum(results.map((result) => result.quarantinedCount)),
  };
}

async function storeAlone(parts: IngestParts, upload: Upload, one: Judged): Promise<StoredBatch> {
  try {
    return await storeJudged(parts, upload, [one]);
  } catch (cause) {
    if (!isDataRefused(cause) || one.kind === "quarantined") throw cause;
    const line = heldBack(one.event, "not-storable");
    return storeJudged(parts, upload, [{ kind: "quarantined", line }]);
  }
}

function storeJudged(
  parts: IngestParts,
  upload: Upload,
  judged: readonly Judged[],
): Promise<StoredBatch> {
  return inTransaction(parts.pool, async (client) => {
    const context = await gatherContext(parts, client, upload, judged);
    const fates = new Map<ValidEvent, Fate>();
    const quarantined = judged.flatMap((one) => (one.kind === "quarantined" ? [one.line] : []));
    const kept: QuarantinedLine[] = [...quarantined];
    const prefixes = new Map<string, number>();
    for (const batch of streamsOf(upload.station, judged)) {
      const outcome = await storeStream(client, batch, context);
      for (const [event, fate] of outcome.fates) fates.set(event, fate);
      kept.push(...outcome.losers);
      prefixes.set(batch.instance, outcome.contiguousUpto);
    }
    await quarantineLines(client, upload.station, upload.nowMs, kept);
    const storedCount = [...fates.values()].filter((fate) => fate === "stored").length;
    return {
      answer: {
        server_time_ms: upload.nowMs,
        contiguous_upto: prefixes.get(firstInstance(judged)) ?? 0,
        answers: judged.flatMap((one) => answerOf(one, fates)),
      },
      storedCount,
      quarantinedCount: kept.length,
    };
  });
}

/** The parts of a batch by instance, in one order for everybody, so that two batches never wait for each other. */
function streamsOf(station: string, judged: readonly Judged[]): readonly StreamBatch[] {
  const streams = new Map<string, { events: ValidEvent[]; lines: QuarantinedLine[] }>();
  const streamOf = (instance: string) => {
    const stream = streams.get(instance) ?? { events: [], lines: [] };
    streams.set(instance, stream);
    return stream;
  };
  for (const one of judged) {
    if (one.kind === "valid") streamOf(one.event.header.instance).events.push(one.event);
    else if (hasPlace(one.line)) streamOf(one.line.claim.instance).lines.push(one.line);
  }
  return [...streams]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([instance, stream]) => ({ station, instance, ...stream }));
}

/** Another station's events hold no place in this one's streams. */
function hasPlace(
  line: QuarantinedLine,
): line is QuarantinedLine & { claim: { instance: string; seq: number } } {
  return (
    line.reason !== "another-station" && line.claim.instance !== null && line.claim.seq !== null
  );
}

/** `contiguous_upto` is about one stream: that of the first line that names one. */
function firstInstance(judged: readonly Judged[]): string {
  for (const one of judged) {
    if (one.kind === "valid") return one.event.header.instance;
    if (hasPlace(one.line)) return one.line.claim.instance;
  }
  return "";
}

function answerOf(one: Judged, fates: ReadonlyMap<ValidEvent, Fate>): readonly EventAnswer[] {
  if (one.kind === "quarantined") {
    const { claim, reason } = one.line;
    if (claim.eventId === null) return [];
    return [{ event_id: claim.eventId, result: "quarantined", reason }];
  }
  const result = fates.get(one.event);
  assert(result !== undefined, "every valid event has a fate");
  return [{ event_id: one.event.header.event_id, result }];
}

async function gatherContext(
  parts: IngestParts,
  client: Queryable,
  upload: Upload,
  judged: readonly Judged[],
): Promise<StreamContext> {
  const headers = judged.flatMap((one) => (one.kind === "valid" ? [one.event.header] : []));
  const undated = headers.filter((header) => header.offset_ms === null);
  const boots = await bootTimes(client, upload.station, [
    ...new Set(undated.map((header) => header.boot_id)),
  ]);
  const serverFlags = await parts.knownPlaces.flagger(client, headers);
  return { nowMs: upload.nowMs, boots, serverFlags };
}

async function bootTimes(
  client: Queryable,
  station: string,
  bootIds: readonly string[],
): Promise<BootTimes> {
  if (bootIds.length === 0) return new Map();
  const found = await client.query<{ boot_id: string; server_minus_mono_ms: number }>(
    "SELECT boot_id, server_minus_mono_ms FROM boots WHERE station = $1 AND boot_id = ANY($2)",
    [station, bootIds],
  );
  return new Map(found.rows.map((row) => [row.boot_id, row.server_minus_mono_ms]));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
