import canonicalize from "canonicalize";
import { Type } from "typebox";
import type { Static } from "typebox";
import { Value } from "typebox/value";
import { assert, assertNever } from "#core/assert.ts";
import type { Target } from "#server/access/rights.ts";
import type { Queryable } from "#server/database/pool.ts";
import { localTime } from "#server/tracing/report.ts";

export const MOST_INDEX_PERSONS = 15;
export const MOST_LINGERING_MINUTES = 240;

const Millis = Type.Integer();
const Person = Type.Object({
  kind: Type.Literal("person"),
  /** 32 hex digits each. */
  subjects: Type.Array(Type.String({ pattern: "^[0-9a-f]{32}$" }), {
    minItems: 1,
    maxItems: MOST_INDEX_PERSONS,
  }),
  degree: Type.Union([Type.Literal(1), Type.Literal(2)]),
  lingering_ms: Millis,
  from_ms: Millis,
  to_ms: Millis,
});
const Place = Type.Object({
  kind: Type.Literal("place"),
  place: Type.String(),
  zone: Type.Union([Type.String(), Type.Null()]),
  from_ms: Millis,
  to_ms: Millis,
});
const Review = Type.Object({ kind: Type.Literal("review"), from_ms: Millis, to_ms: Millis });
const Openings = Type.Object({
  kind: Type.Literal("openings"),
  /** Persons whom the case may have opened after it. */
  up_to: Type.Integer(),
});
const Bulk = Type.Object({
  kind: Type.Union([Type.Literal("entries"), Type.Literal("declarations")]),
});
const Restricted = Type.Union([Person, Place, Review, Openings, Bulk]);

/** What an answer is made for, in a period of UTC milliseconds; it never holds a document's number. */
export type Question = Static<typeof Person> | Static<typeof Place> | Static<typeof Review>;
/** What somebody may not always do alone: a question, names of more persons of a case, everything that is stored. */
export type Restricted = Static<typeof Restricted>;

/** By this text a question is recognised when it is asked again. */
export function questionText(question: Restricted): string {
  const asked =
    question.kind === "person" ? { ...question, subjects: question.subjects.toSorted() } : question;
  const text = canonicalize(asked);
  assert(text !== undefined, "a question is always JSON");
  return text;
}

export function questionFromText(text: string): Restricted {
  return Value.Parse(Restricted, JSON.parse(text));
}

export function isQuestion(asked: Restricted): asked is Question {
  return asked.kind === "person" || asked.kind === "place" || asked.kind === "review";
}

/** A question for people and for the record, without persons: what was asked, about when. */
export function describeQuestion(asked: Restricted): Readonly<Record<string, string | number>> {
  switch (asked.kind) {
    case "person": {
      const { kind, subjects, degree, lingering_ms } = asked;
      return { kind, index_persons: subjects.length, degree, lingering_ms, ...times(asked) };
    }
    case "place": {
      const { kind, place, zone } = asked;
      return { kind, place, ...(zone === null ? {} : { zone }), ...times(asked) };
    }
    case "review":
      return { kind: asked.kind, ...times(asked) };
    case "openings":
      return { kind: asked.kind, up_to: asked.up_to };
    case "entries":
    case "declarations":
      return { kind: asked.kind };
    default:
      return assertNever(asked);
  }
}

/** What a right must reach for this: the place that alone is asked about, else the whole province. */
export async function targetOf(database: Queryable, asked: Restricted): Promise<Target> {
  if (asked.kind !== "place") return { kind: "province" };
  const found = await database.query<{ commune: string | null }>(
    "SELECT commune FROM places WHERE place = $1",
    [asked.place],
  );
  const [row] = found.rows;
  return row === undefined
    ? { kind: "province" }
    : { kind: "place", place: asked.place, commune: row.commune };
}

function times(asked: { readonly from_ms: number; readonly to_ms: number }) {
  return { from: localTime(asked.from_ms), to: localTime(asked.to_ms) };
}
