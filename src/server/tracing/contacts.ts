import { assert } from "#core/assert.ts";
import type { Queryable } from "#server/database/pool.ts";
import { findHistory } from "#server/tracing/find-visits.ts";
import type { Period } from "#server/tracing/find-visits.ts";
import type { BareVisit, Crowd } from "#server/tracing/crowd.ts";
import { findCrowd } from "#server/tracing/find-crowd.ts";
import { meetingOf } from "#server/tracing/meeting.ts";
import type { Meeting } from "#server/tracing/meeting.ts";
import { overlapOfMeetings } from "#server/tracing/overlap.ts";
import type { Overlap } from "#server/tracing/overlap.ts";
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
  const crowd = await findCrowd(database, history, lingeringMs);
  return { history, contacts: contactsFrom(crowd, new Set(subjects), lingeringMs) };
}

/** Minutes, places and times per person from those who were about; the pure half of {@link findContacts}. */
export function contactsFrom(
  crowd: Crowd<BareVisit>,
  except: ReadonlySet<string>,
  lingeringMs: number,
): readonly Contact[] {
  const contacts: Contact[] = [];
  for (const { subject, rows } of crowd.persons()) {
    if (except.has(subject)) continue;
    const contact = contactFrom(subject, meetingsOf(crowd, rows, lingeringMs));
    if (contact !== null) contacts.push(contact);
  }
  return longestFirst(contacts);
}

function meetingsOf(
  crowd: Crowd<BareVisit>,
  rows: readonly number[],
  lingeringMs: number,
): readonly Meeting<BareVisit>[] {
  let met: Meeting<BareVisit>[] | null = null;
  for (const row of rows) {
    const other = crowd.visitAt(row);
    for (const index of crowd.staysAt(row)) {
      const meeting = meetingOf({ index, other }, lingeringMs);
      if (meeting === null) continue;
      if (met === null) met = [meeting];
      else met.push(meeting);
    }
  }
  return met ?? [];
}

function contactFrom(subject: string, met: readonly Meeting<BareVisit>[]): Contact | null {
  const first = met[0];
  if (first === undefined) return null;
  const overlap = overlapOfMeetings(met);
  // Nearly everybody is met once.
  if (met.length === 1) {
    const { index, startMs, endMs } = first;
    const places = [index.place];
    return { subject, overlap, places, firstMs: startMs, lastMs: endMs, indexPersons: 1 };
  }
  const places: string[] = [];
  const persons: string[] = [];
  let [firstMs, lastMs] = [first.startMs, first.endMs];
  for (const { index, startMs, endMs } of met) {
    if (!places.includes(index.place)) places.push(index.place);
    if (!persons.includes(index.subject)) persons.push(index.subject);
    firstMs = Math.min(firstMs, startMs);
    lastMs = Math.max(lastMs, endMs);
  }
  return {
    subject,
    overlap,
    places: places.length === 1 ? places : places.toSorted(),
    firstMs,
    lastMs,
    indexPersons: persons.length,
  };
}

/**
 * Plain numbers are sorted first: reaching into thousands of contacts at every comparison takes several times as long.
 * What is left to compare are those within a millisecond.
 */
function longestFirst(contacts: readonly Contact[]): readonly Contact[] {
  const count = contacts.length;
  // Whole milliseconds and the contact's number in one: below 2^53 for a million contacts of three months each.
  const keys = new Float64Array(count);
  for (let number = 0; number < count; number += 1) {
    const wholeMs = Math.floor(contacts[number]?.overlap.expectedMs ?? 0);
    keys[number] = wholeMs * count + (count - 1 - number);
  }
  keys.sort();
  const sorted: Contact[] = [];
  let [runStart, runMs] = [0, -1];
  for (let place = count - 1; place >= 0; place -= 1) {
    const key = keys[place] ?? 0;
    const wholeMs = Math.floor(key / count);
    const contact = contacts[count - 1 - (key - wholeMs * count)];
    assert(contact !== undefined, "every contact has one place");
    if (wholeMs !== runMs) {
      sortFrom(sorted, runStart);
      [runStart, runMs] = [sorted.length, wholeMs];
    }
    sorted.push(contact);
  }
  sortFrom(sorted, runStart);
  return sorted;
}

function sortFrom(contacts: Contact[], start: number): void {
  if (contacts.length - start < 2) return;
  const run = contacts.splice(start).toSorted(byTimeThenSubject);
  for (const contact of run) contacts.push(contact);
}

function byTimeThenSubject(one: Contact, other: Contact): number {
  const byTime = other.overlap.expectedMs - one.overlap.expectedMs;
  return byTime || (one.subject < other.subject ? -1 : 1);
}
