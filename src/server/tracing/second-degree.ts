import type { Queryable } from "#server/database/pool.ts";
import type { Contact } from "#server/tracing/contacts.ts";
import type { BareVisit, Crowd } from "#server/tracing/crowd.ts";
import { findCrowd } from "#server/tracing/find-crowd.ts";
import { findHistory } from "#server/tracing/find-visits.ts";

/** Somebody who can have met a contact after that contact had met an index person. */
export type SecondContact = {
  readonly subject: string;
  /** How many of the contacts this one can have met. */
  readonly through: number;
  /** Added up over visits, from the likeliest times; a measure to sort by. */
  readonly expectedMs: number;
  /** Added up over visits. */
  readonly possibleMs: number;
};

/** More contacts than this are not followed: the rest of the first degree would be half the town. */
export const MOST_FOLLOWED = 50;
const MOST_ANSWERED = 1_000;

export type SecondQuestion = {
  readonly indexSubjects: readonly string[];
  /** First degree, longest together first. */
  readonly contacts: readonly Contact[];
  /** Until before; UTC milliseconds. */
  readonly toMs: number;
};

/**
 * The second degree: whom the {@link MOST_FOLLOWED} closest contacts can have met from their first meeting on. Index
 * persons and contacts themselves are left out. At most a thousand persons, by expected time.
 */
export async function findSecondContacts(
  database: Queryable,
  { indexSubjects, contacts, toMs }: SecondQuestion,
): Promise<readonly SecondContact[]> {
  const sinceMs = new Map(
    contacts.slice(0, MOST_FOLLOWED).map(({ subject, firstMs }) => [subject, firstMs]),
  );
  if (sinceMs.size === 0) return [];
  const fromMs = Math.min(...sinceMs.values());
  const visits = await findHistory(database, [...sinceMs.keys()], { fromMs, toMs });
  const stays = visits.filter(({ subject, left }) => left.hiMs > (sinceMs.get(subject) ?? toMs));
  const crowd = await findCrowd(database, stays, 0);
  const known = new Set([...indexSubjects, ...contacts.map(({ subject }) => subject)]);
  return secondFrom(crowd, known);
}

function secondFrom(crowd: Crowd<BareVisit>, known: ReadonlySet<string>): readonly SecondContact[] {
  const second: SecondContact[] = [];
  for (const { subject, rows } of crowd.persons()) {
    if (known.has(subject)) continue;
    const met = tally(crowd, subject, rows);
    if (met.through > 0) second.push(met);
  }
  return second.toSorted(longestFirst).slice(0, MOST_ANSWERED);
}

function tally(crowd: Crowd<BareVisit>, subject: string, rows: readonly number[]): SecondContact {
  const through = new Set<string>();
  let [expectedMs, possibleMs] = [0, 0];
  for (const row of rows) {
    const { entered, left } = crowd.visitAt(row);
    for (const stay of crowd.staysAt(row)) {
      const togetherMs =
        Math.min(stay.left.hiMs, left.hiMs) - Math.max(stay.entered.loMs, entered.loMs);
      if (togetherMs <= 0) continue;
      through.add(stay.subject);
      possibleMs += togetherMs;
      const likelyMs =
        Math.min(stay.left.midMs, left.midMs) - Math.max(stay.entered.midMs, entered.midMs);
      expectedMs += Math.max(0, likelyMs);
    }
  }
  return { subject, through: through.size, expectedMs, possibleMs };
}

function longestFirst(one: SecondContact, other: SecondContact): number {
  return other.expectedMs - one.expectedMs || (one.subject < other.subject ? -1 : 1);
}
