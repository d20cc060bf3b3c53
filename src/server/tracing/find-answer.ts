import { assertNever } from "#core/assert.ts";
import { sqlState } from "#server/database/errors.ts";
import { inTransaction } from "#server/database/pool.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";
import { findPeopleAt } from "#server/tracing/at-place.ts";
import { completenessOf } from "#server/tracing/completeness.ts";
import { findContacts } from "#server/tracing/contacts.ts";
import { joinedSubjects } from "#server/tracing/document.ts";
import type { Period } from "#server/tracing/find-visits.ts";
import { windowOf } from "#server/tracing/period.ts";
import type { Question } from "#server/tracing/question.ts";
import type { Section } from "#server/tracing/report.ts";
import { findOddCards } from "#server/tracing/review.ts";
import { findSecondContacts } from "#server/tracing/second-degree.ts";
import {
  completenessSection,
  completenessWords,
  contactsSection,
  historySection,
  reviewSection,
  secondSection,
} from "#server/tracing/sections.ts";
import type { PlaceNames } from "#server/tracing/sections.ts";

/** The question took longer than it may, and was given up; nothing was recorded or told. */
export class QuestionTooLong extends Error {
  override readonly name = "QuestionTooLong";
}

/** What a question found, before anybody may see it. */
export type FoundAnswer = {
  /** Everybody whom it names, index persons too. */
  readonly subjects: readonly string[];
  readonly sections: readonly Section[];
  /** What may be missing, in words. */
  readonly warnings: readonly string[];
};

type Found = {
  readonly subjects: readonly string[];
  readonly places: readonly string[];
  sections(names: PlaceNames): readonly Section[];
};

const QUERY_CANCELED = "57014";

/**
 * Finds the answer in one look at the database, as it is at one moment. Each statement may take `limitMs`; throws
 * {@link QuestionTooLong} when one takes longer.
 */
export async function findAnswer(
  pool: Pool,
  question: Question,
  { nowMs, limitMs }: { readonly nowMs: number; readonly limitMs: number },
): Promise<FoundAnswer> {
  try {
    return await inTransaction(pool, async (client) => {
      await client.query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
      await prepareQuestion(client, limitMs);
      return findWithin(client, question, nowMs);
    });
  } catch (cause) {
    if (sqlState(cause) !== QUERY_CANCELED) throw cause;
    throw new QuestionTooLong("The question takes too long: ask about fewer days.", { cause });
  }
}

/**
 * Until the end of the transaction: how long a statement may take, and plans that are made once. A plan of its own for
 * every question would take PostgreSQL twice as long as finding a person's history in 30 days' partitions.
 */
export async function prepareQuestion(client: Queryable, limitMs: number): Promise<void> {
  await client.query(
    "SELECT set_config('statement_timeout', $1, true), set_config('plan_cache_mode', 'force_generic_plan', true)",
    [String(limitMs)],
  );
}

async function findWithin(
  client: Queryable,
  question: Question,
  nowMs: number,
): Promise<FoundAnswer> {
  const period = { fromMs: question.from_ms, toMs: question.to_ms };
  const found = await find(client, question, period);
  const names = await readPlaceNames(client, found.places);
  const completeness = await completenessOf(client, found.places, period, nowMs);
  return {
    subjects: found.subjects,
    sections: [...found.sections(names), completenessSection(completeness, names)],
    warnings: completenessWords(completeness, names),
  };
}

async function find(client: Queryable, question: Question, period: Period): Promise<Found> {
  switch (question.kind) {
    case "person":
      return findAboutPersons(client, question, period);
    case "place": {
      const people = await findPeopleAt(client, question, period);
      return {
        subjects: people.map((person) => person.subject),
        places: [question.place],
        sections: (names) => [contactsSection("people", people, names)],
      };
    }
    case "review": {
      const { firstDay, lastDay } = windowOf(period);
      const items = await findOddCards(client, firstDay, lastDay);
      return {
        subjects: [...new Set(items.map((item) => item.subject))],
        places: [],
        sections: () => [reviewSection(items)],
      };
    }
    default:
      return assertNever(question);
  }
}

async function findAboutPersons(
  client: Queryable,
  question: Extract<Question, { kind: "person" }>,
  period: Period,
): Promise<Found> {
  const { degree, lingering_ms: lingeringMs } = question;
  const subjects = await joinedSubjects(client, question.subjects);
  const { history, contacts } = await findContacts(client, { subjects, period, lingeringMs });
  const second =
    degree === 1
      ? []
      : await findSecondContacts(client, {
          indexSubjects: subjects,
          contacts,
          toMs: period.toMs,
        });
  return {
    subjects: [...subjects, ...[...contacts, ...second].map((contact) => contact.subject)],
    places: [...new Set(history.map((visit) => visit.place))],
    sections: (names) => [
      historySection(history, names),
      contactsSection("contacts", contacts, names),
      ...(degree === 2 ? [secondSection(second)] : []),
    ],
  };
}

async function readPlaceNames(client: Queryable, places: readonly string[]): Promise<PlaceNames> {
  const found = await client.query<{ place: string; name: string }>(
    "SELECT place, name FROM places WHERE place = ANY($1)",
    [places],
  );
  return new Map(found.rows.map(({ place, name }) => [place, name]));
}
