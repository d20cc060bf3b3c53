import { filingDay } from "#server/database/days.ts";
import type { Queryable } from "#server/database/pool.ts";
import { findChainBreaks } from "#server/ingest/chain-check.ts";
import { correctedTime } from "#server/ingest/corrected-time.ts";
import type { BootTimes } from "#server/ingest/corrected-time.ts";
import { insertEvents } from "#server/ingest/event-rows.ts";
import type { EventRow } from "#server/ingest/event-rows.ts";
import { recordIncidents } from "#server/ingest/incidents.ts";
import { lockInstance, moveInstance } from "#server/ingest/instance-row.ts";
import type { InstanceRow, SealedRange } from "#server/ingest/instance-row.ts";
import { heldBack } from "#server/ingest/judge.ts";
import type { QuarantinedLine, ValidEvent } from "#server/ingest/judge.ts";
import { endOfPrefix, findKeys, holdKeys, releaseKeys } from "#server/ingest/key-rows.ts";
import type { HeldKey } from "#server/ingest/key-rows.ts";
import { markStored, rawHash } from "#server/ingest/quarantine.ts";
import { fateBeside, sortOut } from "#server/ingest/sort-out.ts";
import type { Fate } from "#server/ingest/sort-out.ts";
import { noteUndone } from "#server/tracing/pairing-work.ts";

/** What one batch brings for one instance. */
export type StreamBatch = {
  readonly station: string;
  readonly instance: string;
  readonly events: readonly ValidEvent[];
  /** Lines in quarantine that claim a place in this stream. */
  readonly lines: readonly QuarantinedLine[];
};

/** What the database must know of the surroundings. */
export type StreamContext = {
  readonly nowMs: number;
  readonly boots: BootTimes;
  /** Flags of the server's own for an event of this place and gate. */
  serverFlags(place: string, gate: string): readonly string[];
};

export type StreamOutcome = {
  readonly fates: ReadonlyMap<ValidEvent, Fate>;
  /** Events that lost their place or id to another; for quarantine. */
  readonly losers: readonly QuarantinedLine[];
  readonly contiguousUpto: number;
};

/** Stores one instance's part of a batch, inside the batch's transaction. */
export async function storeStream(
  client: Queryable,
  batch: StreamBatch,
  context: StreamContext,
): Promise<StreamOutcome> {
  const instance = await lockInstance(client, batch.station, batch.instance, context.nowMs);
  const { candidates, fates: inBatch } = sortOut(batch.events);
  const fates = new Map(inBatch);
  const stored = await offer(client, instance, candidates, context);
  for (const event of stored) fates.set(event, "stored");
  await settleTaken(client, batch, { instance, candidates, fates, context });

  const storedNow = [...fates].filter(([, fate]) => fate === "stored").map(([event]) => event);
  const losers = [...fates].flatMap(([event, fate]) =>
    fate === "conflict" || fate === "fork" ? [heldBack(event, fate)] : [],
  );
  const held = [...batch.lines, ...losers].flatMap(heldKeys);
  await holdKeys(client, instance.instanceKey, filingDay(context.nowMs), held);
  await recordTrouble(client, batch, { instance, storedNow, fates, nowMs: context.nowMs });
  const moved = await advance(client, instance, storedNow, held);
  await moveInstance(client, moved, sealedRange(storedNow), context.nowMs);
  return { fates, losers, contiguousUpto: moved.contiguousUpto };
}

/** An event with what the server adds to it. */
export function eventRow(event: ValidEvent, context: StreamContext): EventRow {
  const correctedAtMs = correctedTime(event.header, context.boots);
  const serverFlags = context.serverFlags(event.header.place, event.header.gate);
  return { event, correctedAtMs, serverFlags };
}

/** Offers events to the database; returns those whose id and place were free. */
async function offer(
  client: Queryable,
  instance: InstanceRow,
  events: readonly ValidEvent[],
  context: StreamContext,
): Promise<readonly ValidEvent[]> {
  const rows = events.map((event) => eventRow(event, context));
  const seqs = await insertEvents(client, instance.instanceKey, context.nowMs, rows);
  const stored = rows.filter((row) => seqs.has(row.event.header.seq));
  await noteUndone(client, stored);
  return stored.map(({ event }) => event);
}

type Settling = {
  readonly instance: InstanceRow;
  readonly candidates: readonly ValidEvent[];
  readonly fates: Map<ValidEvent, Fate>;
  readonly context: StreamContext;
};

/** Finds out why candidates were not stored, and stores those that only a line in quarantine stood in the way of. */
async function settleTaken(client: Queryable, batch: StreamBatch, work: Settling): Promise<void> {
  const { instance, fates, context } = work;
  const rest = work.candidates.filter((event) => !fates.has(event));
  if (rest.length === 0) return;
  const ids = rest.map((event) => event.header.event_id);
  const seqs = rest.map((event) => event.header.seq);
  const taken = await findKeys(client, instance.instanceKey, ids, seqs);
  const promoted: ValidEvent[] = [];
  for (const event of rest) {
    const fate = fateBeside(event, taken, instance.instanceKey);
    if (fate === "gives-way") promoted.push(event);
    else fates.set(event, fate);
  }
  if (promoted.length === 0) return;
  const places = promoted.map((event) => event.header.seq);
  await releaseKeys(client, instance.instanceKey, places);
  const offered = await offer(client, instance, promoted, context);
  // What is still not stored lost its id to another station in this very moment.
  for (const event of promoted) fates.set(event, offered.includes(event) ? "stored" : "conflict");
  const stored = offered.map((event) => event.header.event_id);
  await markStored(client, batch.station, context.nowMs, stored);
}

/** Two ways to hold a place: with the id when the hash proves the line, and the bare place in any case. */
function heldKeys(line: QuarantinedLine): readonly HeldKey[] {
  const { eventId, seq } = line.claim;
  if (seq === null) return [];
  const bare: HeldKey = { seq, eventId: null, hash: rawHash(line.raw) };
  const isProven = line.provenHash !== null && eventId !== null;
  if (!isProven || line.reason === "conflict" || line.reason === "fork") return [bare];
  return [{ seq, eventId, hash: Buffer.from(line.provenHash, "hex") }, bare];
}

type Trouble = {
  readonly instance: InstanceRow;
  readonly storedNow: readonly ValidEvent[];
  readonly fates: ReadonlyMap<ValidEvent, Fate>;
  readonly nowMs: number;
};

async function recordTrouble(client: Queryable, batch: StreamBatch, work: Trouble): Promise<void> {
  const breaks = await findChainBreaks(client, work.instance, work.storedNow);
  const lost = [...work.fates].flatMap(([event, fate]) =>
    fate === "conflict" || fate === "fork" ? [{ kind: fate, seq: event.header.seq }] : [],
  );
  const broken = breaks.map((seq) => ({ kind: "chain-break" as const, seq }));
  await recordIncidents(client, batch, work.nowMs, [...lost, ...broken]);
}

/** The events with a body, for the vault; null when none has one. */
export function sealedRange(stored: readonly ValidEvent[]): SealedRange | null {
  const seqs = stored.filter((event) => event.sealedBody !== null).map((event) => event.header.seq);
  if (seqs.length === 0) return null;
  return { firstSeq: Math.min(...seqs), lastSeq: Math.max(...seqs) };
}

/** The stream's new head and gap-free prefix. */
async function advance(
  client: Queryable,
  instance: InstanceRow,
  stored: readonly ValidEvent[],
  held: readonly HeldKey[],
): Promise<InstanceRow> {
  const { instanceKey } = instance;
  const seqs = new Set([...stored.map((event) => event.header.seq), ...held.map((key) => key.seq)]);
  if (seqs.size === 0) return instance;
  const headSeq = Math.max(instance.headSeq, ...seqs);
  const goesOn = instance.contiguousUpto === instance.headSeq;
  const fresh = [...seqs].filter((seq) => seq > instance.headSeq);
  const hasNoGap = headSeq - instance.headSeq === fresh.length;
  const contiguousUpto =
    goesOn && hasNoGap ? headSeq : await endOfPrefix(client, instanceKey, instance.contiguousUpto);
  if (headSeq === instance.headSeq) return { ...instance, contiguousUpto };
  const head = stored.find((event) => event.header.seq === headSeq);
  const headHash = head === undefined ? provenHash(held, headSeq) : Buffer.from(head.hash, "hex");
  return { instanceKey, contiguousUpto, headSeq, headHash };
}

function provenHash(held: readonly HeldKey[], seq: number): Buffer | null {
  return held.find((key) => key.seq === seq && key.eventId !== null)?.hash ?? null;
}
