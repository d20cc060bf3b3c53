import type { Queryable } from "#server/database/pool.ts";
import { findCandidates, findHistory } from "#server/tracing/find-visits.ts";
import type { BareVisit, Candidate, Period } from "#server/tracing/find-visits.ts";
import { overlapOf } from "#server/tracing/overlap.ts";
import type { Overlap, StayPair } from "#server/tracing/overlap.ts";
import type { Visit } from "#server/tracing/visit.ts";

/** Somebody who can have met an index person. */
export type Contact = {
  readonly subject: string;
  readonly overlap: Overlap;
  /** Where they can have met. */
  readonly places: readonly string[];
  /** From the first to the last time at which they can have been together. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** How many index persons this one can have met. */
  readonly indexPersons: number;
};

/** What is asked about one or several index persons. */
export type ContactQuestion = {
  /** 32 hex digits each. */
  readonly subjects: readonly string[];
  readonly period: Period;
  /** How long the air of a room counts after an index person has left; milliseconds. */
  readonly lingeringMs: number;
};

export type ContactAnswer = {
  /** The visits of the index persons. */
  readonly history: readonly Visit[];
  /** By expected time together, longest first. */
  readonly contacts: readonly Contact[];
};

/** Everybody who can have been in the same place at the same time as the index persons. */
export async function findContacts(
  database: Queryable,
  { subjects, period, lingeringMs }: ContactQuestion,
): Promise<ContactAnswer> {
  const history = await findHistory(database, subjects, period);
  const candidates = await findCandidates(database, history, {
    exceptSubjects: subjects,
    lingeringMs,
  });
  return { history, contacts: contactsFrom(history, candidates, lingeringMs) };
}

/** Minutes, places and times per person from pairs of visits; the pure half of {@link findContacts}. */
export function contactsFrom(
  history: readonly BareVisit[],
  candidates: readonly Candidate[],
  lingeringMs: number,
): readonly Contact[] {
  const byPerson = Map.groupBy(candidates, (candidate) => candidate.visit.subject);
  const contacts: Contact[] = [];
  for (const [subject, met] of byPerson) {
    const pairs = met.flatMap(({ stay, visit }) => {
      const index = history[stay];
      return index === undefined ? [] : [{ index, other: visit }];
    });
    const overlap = overlapOf(pairs, lingeringMs);
    if (overlap.possibleMs > 0) contacts.push({ subject, overlap, ...factsOf(pairs, lingeringMs) });
  }
  return contacts.toSorted(longestFirst);
}

function factsOf(
  pairs: readonly (StayPair & { readonly index: BareVisit })[],
  lingeringMs: number,
): Omit<Contact, "subject" | "overlap"> {
  const starts = pairs.map(({ index, other }) => Math.max(index.entered.loMs, other.entered.loMs));
  const ends = pairs.map(({ index, other }) =>
    Math.min(index.left.hiMs + lingeringMs, other.left.hiMs),
  );
  return {
    places: [...new Set(pairs.map(({ index }) => index.place))].toSorted(),
    firstMs: Math.min(...starts),
    lastMs: Math.max(...ends),
    indexPersons: new Set(pairs.map(({ index }) => index.subject)).size,
  };
}

function longestFirst(one: Contact, other: Contact): number {
  const byTime = other.overlap.expectedMs - one.overlap.expectedMs;
  return byTime || (one.subject < other.subject ? -1 : 1);
}
