/**
 * What officers ask of the province over HTTP, `/v1/officers`: cases, questions, a second officer's word, names, and who
 * looked. The rules in words: docs/formats/officers.md. Times in fields that end in `_ms` are UTC milliseconds.
 */
import { Type } from "typebox";
import type { Static, TSchema } from "typebox";

const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Millis = Type.Integer();
const Day = Type.String({ pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" });
/** A local day or minute, `2026-11-24` or `2026-11-24T09:30`. As an end a day is meant until its end. */
const LocalTime = Type.String({
  pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2})?$",
});
const Words = Type.String({ minLength: 1, maxLength: 500 });
const CaseNumber = Type.String({ pattern: String.raw`^\S{1,64}$` });
/** Somebody's pseudonym in this province: 32 hex digits. */
const Subject = Type.String({ pattern: "^[0-9a-f]{32}$" });
/** As it stands on the card; blanks, dots and dashes do not count. Stands in bodies only, never in an address. */
const Document = Type.String({ minLength: 1, maxLength: 110 });
/** The cursor of the next page; null at the end. */
const Next = Nullable(Type.String());

/** Query of every list: `after` is the `next` of the page before. */
export const PageQuery = Type.Object({
  after: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  limit: Type.Optional(Type.String({ pattern: "^[0-9]{1,3}$" })),
});
export type PageQuery = Static<typeof PageQuery>;

/** `POST cases`. Without days the case reaches 28 days back from its opening, and to the day of each question. */
export const CaseRequest = Type.Object({
  case: CaseNumber,
  basis: Words,
  reason: Words,
  from: Type.Optional(Day),
  to: Type.Optional(Day),
});

export const CaseAnswer = Type.Object({
  case: Type.String(),
  basis: Type.String(),
  reason: Type.String(),
  opened_by: Type.String(),
  opened_at_ms: Millis,
  first_day: Nullable(Type.String()),
  last_day: Nullable(Type.String()),
  closed_at_ms: Nullable(Millis),
  closed_by: Nullable(Type.String()),
  closing_note: Nullable(Type.String()),
});

/** `GET cases`, newest first. */
export const CaseList = Type.Object({ cases: Type.Array(CaseAnswer), next: Next });

/** A question as it is told to others: what was asked, about when; never about whom. */
const Described = Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()]));

const AskedQuestion = Type.Object({
  trace_id: Type.String(),
  officer: Type.String(),
  asked_at_ms: Millis,
  question: Described,
  persons: Type.Integer(),
});

/** `GET cases/:case/traces`, newest first. */
export const AskedList = Type.Object({ traces: Type.Array(AskedQuestion), next: Next });

/** Something that nobody may do alone, and what a second officer said. */
export const ApprovalAnswer = Type.Object({
  request: Type.String(),
  state: Type.Union([
    Type.Literal("waiting"),
    Type.Literal("granted"),
    Type.Literal("refused"),
    Type.Literal("lapsed"),
  ]),
  case: Type.String(),
  basis: Type.String(),
  case_reason: Type.String(),
  question: Described,
  reason: Type.String(),
  persons: Type.Integer(),
  days: Nullable(Type.Integer()),
  asked_by: Type.String(),
  asked_at_ms: Millis,
  decided_by: Nullable(Type.String()),
  decided_at_ms: Nullable(Millis),
  note: Nullable(Type.String()),
  lapses_at_ms: Nullable(Millis),
});

/** `GET requests` (one's own, newest first) and `GET approvals` (what waits for one's word, oldest first). */
export const ApprovalList = Type.Object({ requests: Type.Array(ApprovalAnswer), next: Next });

/** `GET cases/:case`: with its newest hundred answers and requests. */
export const CaseView = Type.Object({
  ...CaseAnswer.properties,
  traces: Type.Array(AskedQuestion),
  requests: Type.Array(ApprovalAnswer),
});

const asked = {
  from: LocalTime,
  to: LocalTime,
  /** For a second officer, should one be needed. */
  reason: Type.Optional(Words),
};

/** Where index persons were and who was with them: at most 15, by `subjects` or `documents` or both. */
const PersonQuestion = Type.Object({
  kind: Type.Literal("person"),
  subjects: Type.Optional(Type.Array(Subject, { maxItems: 15 })),
  documents: Type.Optional(Type.Array(Document, { maxItems: 15 })),
  degree: Type.Optional(Type.Union([Type.Literal(1), Type.Literal(2)])),
  lingering_minutes: Type.Optional(Type.Integer({ minimum: 0, maximum: 240 })),
  ...asked,
});

/** Who can have been at a place. */
const PlaceQuestion = Type.Object({
  kind: Type.Literal("place"),
  place: Type.String({ minLength: 1, maxLength: 64 }),
  zone: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  ...asked,
});

/** Cards in two places at once, or with too many entries a day. */
const ReviewQuestion = Type.Object({ kind: Type.Literal("review"), ...asked });

/** `POST cases/:case/traces`. */
export const TraceQuestion = Type.Union([PersonQuestion, PlaceQuestion, ReviewQuestion]);
export type TraceQuestion = Static<typeof TraceQuestion>;

const Row = Type.Record(
  Type.String(),
  Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]),
);
const Rows = Type.Array(Row);

/** The answer as JSON; columns are those of docs/operations/tracing.md. `warnings`: what may be missing, in words. */
export const TraceAnswer = Type.Object({
  case: Type.String(),
  officer: Type.String(),
  asked_at: Type.String(),
  trace_id: Type.String(),
  history: Type.Optional(Rows),
  contacts: Type.Optional(Rows),
  second_degree: Type.Optional(Rows),
  people: Type.Optional(Rows),
  review: Type.Optional(Rows),
  completeness: Rows,
  warnings: Type.Array(Type.String()),
});

/** `POST cases/:case/openings`: one person, by subject (the latest entry) or by one event. */
export const OpeningRequest = Type.Union([
  Type.Object({ subject: Subject, reason: Words }),
  Type.Object({
    event_id: Type.String({ pattern: "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" }),
    reason: Words,
  }),
]);

export const OpeningAnswer = Type.Object({
  case: Type.String(),
  subject: Type.String(),
  event_id: Type.String(),
  name: Nullable(Type.String()),
  document: Nullable(Type.String()),
  birth_date: Nullable(Type.String()),
  sex: Nullable(Type.String()),
  valid_to: Nullable(Type.String()),
});

/** `POST looks`: whose entries were looked at. */
export const LooksRequest = Type.Union([
  Type.Object({ document: Document }),
  Type.Object({ subject: Subject }),
]);

export const LooksAnswer = Type.Object({
  looks: Type.Array(
    Type.Object({
      kind: Type.Union([Type.Literal("traced"), Type.Literal("opened")]),
      at_ms: Millis,
      officer: Type.String(),
      case: Type.String(),
      basis: Type.String(),
    }),
  ),
});

/** `GET audit`, oldest first; records hold ids and officers' own words. */
export const AuditPage = Type.Object({
  records: Type.Array(
    Type.Object({ seq: Type.Integer(), record: Type.Record(Type.String(), Type.Unknown()) }),
  ),
  next: Next,
});

/** `GET audit/verify`: held against every signed head (docs/formats/audit-head.md), as `admin audit verify` does. */
export const AuditVerdict = Type.Object({
  sound: Type.Boolean(),
  /** The first record that is wrong or missing, and why. */
  first_broken: Nullable(Type.Integer()),
  why: Nullable(Type.String()),
  first_row: Type.Integer(),
  last_row: Type.Integer(),
  heads: Type.Integer(),
  newest_head_at: Nullable(Type.String()),
});
