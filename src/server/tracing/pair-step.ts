import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";
import { asPossible } from "#server/tracing/claim.ts";
import { pair } from "#server/tracing/pair.ts";
import {
  findTouched,
  finishPairingWork,
  noteHeardHours,
  takePairingWork,
} from "#server/tracing/pairing-work.ts";
import type { Touched } from "#server/tracing/pairing-work.ts";
import { readPlaceFacts, readSightings } from "#server/tracing/sightings.ts";
import type { Range, StoredSighting } from "#server/tracing/sightings.ts";
import {
  readVisitsNear,
  replaceVisits,
  rowOfVisit,
  textOfVisit,
} from "#server/tracing/visit-rows.ts";
import type { VisitRow } from "#server/tracing/visit-rows.ts";
import { LONGEST_STAY_MS } from "#server/tracing/visit.ts";

/** What one step did; `busy`: another process pairs. */
export type PairingStep =
  | { readonly kind: "paired"; readonly events: number; readonly changed: number }
  | { readonly kind: "nothing" }
  | { readonly kind: "busy" };

/** Events of the queue in one transaction. */
const STEP = 1_000;

/**
 * Pairs the persons and days that the oldest part of the queue has touched, in one transaction: a crash leaves the
 * queue and the visits as they were. Events in any order, in any parts, end in the same visits.
 */
export async function pairNext(pool: Pool): Promise<PairingStep> {
  return inTransaction(pool, async (client) => {
    const work = await takePairingWork(client, STEP);
    if (work === null) return { kind: "busy" };
    if (work.workIds.length === 0) return { kind: "nothing" };
    const touched = await findTouched(client, work.eventIds);
    await noteHeardHours(client, work.eventIds);
    const changed = touched.length === 0 ? 0 : await pairAgain(client, touched);
    await finishPairingWork(client, work);
    return { kind: "paired", events: work.workIds.length, changed };
  });
}

async function pairAgain(client: Queryable, touched: readonly Touched[]): Promise<number> {
  const ranges = touched.flatMap(rangesOf);
  const sightings = await readSightings(client, ranges.map(withSurroundings));
  const fresh = await pairRanges(client, ranges, sightings);
  const stored = await readStored(client, ranges, sightings);
  const [before, after] = [byText(stored), byText(fresh)];
  const removed = [...before].flatMap(([text, row]) => (after.has(text) ? [] : [row]));
  const added = [...after].flatMap(([text, row]) => (before.has(text) ? [] : [row]));
  await replaceVisits(client, removed, added);
  return removed.length + added.length;
}

async function pairRanges(
  client: Queryable,
  ranges: readonly Range[],
  sightings: readonly StoredSighting[],
): Promise<readonly VisitRow[]> {
  const places = [...new Set(sightings.map((sighting) => sighting.place))];
  const factsOf = await readPlaceFacts(client, places);
  const bySubject = Map.groupBy(sightings, (sighting) => sighting.subject);
  return ranges.flatMap((range) => {
    const { fromMs, toMs } = withSurroundings(range);
    const near = (bySubject.get(range.subject) ?? []).filter(
      ({ atMs, isUndone }) => !isUndone && atMs >= fromMs && atMs <= toMs,
    );
    const times = new Map(near.map((sighting) => [sighting.eventId, sighting.atMs]));
    const seen = near.filter((sighting) => !sighting.isSelfDeclared);
    const claimed = near.filter((sighting) => sighting.isSelfDeclared);
    return [...pair(seen, factsOf), ...pair(claimed, factsOf).map(asPossible)]
      .filter(({ eventId }) => isWithin(range, times.get(eventId)))
      .map(rowOfVisit);
  });
}

/** The stored visits that stand on events within the ranges. */
async function readStored(
  client: Queryable,
  ranges: readonly Range[],
  sightings: readonly StoredSighting[],
): Promise<readonly VisitRow[]> {
  const rangesOfSubject = Map.groupBy(ranges, (range) => range.subject);
  const inRange = sightings.filter(({ subject, atMs }) =>
    rangesOfSubject.get(subject)?.some((range) => isWithin(range, atMs)),
  );
  const ids = new Set(inRange.map((sighting) => sighting.eventId));
  const near = await readVisitsNear(client, ranges.map(withSurroundings));
  const unique = new Map(near.map((row) => [row.event_id, row]));
  return [...unique.values()].filter((row) => ids.has(row.event_id));
}

/** The times around a person's touched events in which visits may change, joined where they meet. */
function rangesOf({ subject, timesMs }: Touched): readonly Range[] {
  const joined: Range[] = [];
  for (const atMs of timesMs.toSorted((one, other) => one - other)) {
    const last = joined.at(-1);
    const range = { subject, fromMs: atMs - LONGEST_STAY_MS, toMs: atMs + LONGEST_STAY_MS };
    // Surroundings must not overlap either: no sighting may be read twice.
    if (last !== undefined && range.fromMs - 2 * LONGEST_STAY_MS <= last.toMs) {
      joined[joined.length - 1] = { ...last, toMs: range.toMs };
    } else joined.push(range);
  }
  return joined;
}

/** What the visits of a range depend on. */
function withSurroundings({ subject, fromMs, toMs }: Range): Range {
  return { subject, fromMs: fromMs - LONGEST_STAY_MS, toMs: toMs + LONGEST_STAY_MS };
}

function isWithin(range: Range, atMs: number | undefined): boolean {
  return atMs !== undefined && atMs >= range.fromMs && atMs <= range.toMs;
}

/** Rows by all that they say; an event has one visit, so no two say the same. */
function byText(rows: readonly VisitRow[]): ReadonlyMap<string, VisitRow> {
  return new Map(rows.map((row) => [textOfVisit(row), row]));
}
