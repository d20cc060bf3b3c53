import type { KeyObject } from "node:crypto";
import type { TraceQuestion } from "#contract/tracing.ts";
import { assertNever } from "#core/assert.ts";
import { subjectOfDocument } from "#server/tracing/document.ts";
import { periodBetween } from "#server/tracing/period.ts";
import { MOST_INDEX_PERSONS } from "#server/tracing/question.ts";
import type { Question } from "#server/tracing/question.ts";

export type ReadQuestion =
  | { readonly kind: "question"; readonly question: Question }
  | { readonly kind: "document-unknown" }
  /** Which part of it; never what it said. */
  | { readonly kind: "invalid"; readonly where: string };

/** A question as it was sent, with documents turned into subjects: their numbers go no further. */
export function readQuestion(sent: TraceQuestion, subjectKey: KeyObject): ReadQuestion {
  const period = periodBetween(sent.from, sent.to);
  if (period === null) return { kind: "invalid", where: "from, to" };
  const times = { from_ms: period.fromMs, to_ms: period.toMs };
  switch (sent.kind) {
    case "person": {
      const keyed = (sent.documents ?? []).map((one) => subjectOfDocument(one, subjectKey));
      const known = keyed.filter((subject) => subject !== null);
      if (known.length < keyed.length) return { kind: "document-unknown" };
      const subjects = [...new Set([...(sent.subjects ?? []), ...known])];
      if (subjects.length === 0 || subjects.length > MOST_INDEX_PERSONS) {
        return { kind: "invalid", where: "subjects, documents" };
      }
      const degree = sent.degree ?? 1;
      const lingering_ms = (sent.lingering_minutes ?? 0) * 60_000;
      const question = { kind: sent.kind, subjects, degree, lingering_ms, ...times };
      return { kind: "question", question };
    }
    case "place": {
      const { kind, place, zone = null } = sent;
      return { kind: "question", question: { kind, place, zone, ...times } };
    }
    case "review":
      return { kind: "question", question: { kind: sent.kind, ...times } };
    default:
      return assertNever(sent);
  }
}
