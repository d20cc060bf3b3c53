import type { KeyRow } from "#server/ingest/key-rows.ts";
import type { ValidEvent } from "#server/ingest/judge.ts";

/** What becomes of a valid event beside what is there already. */
export type Fate = "stored" | "duplicate" | "conflict" | "fork";

/** Valid events of one batch: those to offer to the database, and the fate of those that the batch itself decides. */
export type Sorted = {
  /** No two share an id or a seq. */
  readonly candidates: readonly ValidEvent[];
  readonly fates: ReadonlyMap<ValidEvent, Fate>;
};

/** A batch may say the same event twice, or two events for one place: the first one stands. */
export function sortOut(events: readonly ValidEvent[]): Sorted {
  const byId = new Map<string, ValidEvent>();
  const bySeq = new Map<number, ValidEvent>();
  const fates = new Map<ValidEvent, Fate>();
  for (const event of events) {
    const sameId = byId.get(event.header.event_id);
    if (sameId !== undefined) {
      fates.set(event, sameId.hash === event.hash ? "duplicate" : "conflict");
    } else if (bySeq.has(event.header.seq)) {
      fates.set(event, "fork");
    } else {
      byId.set(event.header.event_id, event);
      bySeq.set(event.header.seq, event);
    }
  }
  return { candidates: [...byId.values()], fates };
}

/** Why an event found its id or its place taken. `gives-way`: only a line in quarantine holds it. */
export function fateBeside(
  event: ValidEvent,
  taken: readonly KeyRow[],
  instanceKey: number,
): Exclude<Fate, "stored"> | "gives-way" {
  const sameId = taken.find((key) => key.eventId === event.header.event_id);
  if (sameId !== undefined) {
    if (sameId.hash !== event.hash) return "conflict";
    return sameId.isStored ? "duplicate" : "gives-way";
  }
  const samePlace = taken.find(
    (key) => key.instanceKey === instanceKey && key.seq === event.header.seq,
  );
  return samePlace === undefined || samePlace.eventId === null ? "gives-way" : "fork";
}
