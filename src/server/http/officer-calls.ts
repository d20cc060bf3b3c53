import type { TSchema } from "typebox";
import {
  CodeAdopted,
  CodeAdoption,
  CommuneList,
  FeedLine,
  FeedbackClosed,
  FeedbackList,
  FleetAnswer,
  PlaceApproval,
  PlaceDecision,
  PlaceList,
  NoteRequest,
  PlaceView,
  SelfAnswer,
  UnknownCodes,
  UserList,
} from "#contract/officers.ts";
import {
  ApprovalAnswer,
  ApprovalList,
  AskedList,
  AuditPage,
  AuditVerdict,
  CaseAnswer,
  CaseList,
  CaseRequest,
  CaseView,
  LooksAnswer,
  LooksRequest,
  OpeningAnswer,
  OpeningRequest,
  TraceAnswer,
  TraceQuestion,
} from "#contract/tracing.ts";
import type { Call, QueryParameter } from "#server/http/openapi.ts";
import { answerTypes } from "#server/tracing/answer-format.ts";

/** The schemas of what officers ask and are answered, by name. */
export const officerSchemas: Readonly<Record<string, TSchema>> = {
  SelfAnswer,
  UserList,
  CommuneList,
  PlaceList,
  PlaceView,
  PlaceApproval,
  PlaceDecision,
  CodeAdoption,
  CodeAdopted,
  UnknownCodes,
  FeedbackList,
  FeedbackClosed,
  FleetAnswer,
  FeedLine,
  CaseRequest,
  CaseAnswer,
  CaseList,
  CaseView,
  NoteRequest,
  AskedList,
  TraceQuestion,
  TraceAnswer,
  OpeningRequest,
  OpeningAnswer,
  ApprovalAnswer,
  ApprovalList,
  LooksRequest,
  LooksAnswer,
  AuditPage,
  AuditVerdict,
};

const page: readonly QueryParameter[] = [
  { name: "after", description: "The `next` of the page before" },
  { name: "limit", description: "Most on one page" },
];
const format: QueryParameter = {
  name: "format",
  description: "json, ndjson, csv or xlsx; or by Accept",
};

const places = "/v1/officers/places";
const cases = "/v1/officers/cases";
const requests = "/v1/officers/requests";
const approvals = "/v1/officers/approvals";

/** What is said of every officers' call. */
export const officerCalls: Readonly<Record<string, Call>> = {
  "GET /v1/officers/me": {
    summary: "Who the token is, and what it may do",
    answer: "SelfAnswer",
  },
  "GET /v1/officers/users": { summary: "Users with their roles", answer: "UserList" },
  "GET /v1/officers/communes": { summary: "The province's communes", answer: "CommuneList" },
  [`GET ${places}`]: {
    summary: "Places of the officer's scope",
    query: [
      { name: "state", description: "pending, approved or rejected" },
      { name: "commune", description: "Number of a commune" },
      ...page,
    ],
    answer: "PlaceList",
  },
  [`GET ${places}/:place`]: { summary: "One place with its gates", answer: "PlaceView" },
  [`GET ${places}/:place/poster/:format`]: {
    summary: "The place's poster: svg, png, pdf-a4 or pdf-a3",
    answerTypes: ["image/svg+xml", "image/png", "application/pdf"],
  },
  [`POST ${places}/:place/approve`]: {
    summary: "Approve a place that registered itself",
    request: "PlaceApproval",
    answer: "PlaceDecision",
  },
  [`POST ${places}/:place/reject`]: {
    summary: "Reject a place that registered itself",
    request: "NoteRequest",
    answer: "PlaceDecision",
  },
  [`POST ${places}/:place/codes`]: {
    summary: "Bind an earlier site's code to a place",
    request: "CodeAdoption",
    answer: "CodeAdopted",
  },
  "GET /v1/officers/unknown-codes": {
    summary: "Codes that were seen and that no place has",
    answer: "UnknownCodes",
  },
  "GET /v1/officers/feedback": {
    summary: "The inbox; every look is audited",
    query: [{ name: "state", description: "open or all" }, ...page],
    answer: "FeedbackList",
  },
  "POST /v1/officers/feedback/:ticket/close": {
    summary: "Close a message",
    request: "NoteRequest",
    answer: "FeedbackClosed",
  },
  "GET /v1/officers/fleet": {
    summary: "Stations and gates with what is to be looked after",
    answer: "FleetAnswer",
  },
  "GET /v1/officers/feed": {
    summary: "Entries without persons, in the order of their arrival, one per line",
    query: [{ name: "after", description: "The `cursor` of the last line" }],
    answer: "FeedLine",
    answerTypes: ["application/x-ndjson"],
  },
  [`GET ${cases}`]: { summary: "Cases, newest first", query: page, answer: "CaseList" },
  [`POST ${cases}`]: { summary: "Open a case", request: "CaseRequest", answer: "CaseAnswer" },
  [`GET ${cases}/:case`]: {
    summary: "One case with its questions and who asked",
    answer: "CaseView",
  },
  [`POST ${cases}/:case/close`]: {
    summary: "Close a case for good: it answers nothing more",
    request: "NoteRequest",
    answer: "CaseAnswer",
  },
  [`GET ${cases}/:case/traces`]: {
    summary: "The answers that a case was given, newest first",
    query: page,
    answer: "AskedList",
  },
  [`POST ${cases}/:case/traces`]: {
    summary: "Who was where, when, with whom; 202 when a second officer is needed",
    query: [format],
    request: "TraceQuestion",
    answer: "TraceAnswer",
    answerTypes,
    accepted: "ApprovalAnswer",
  },
  [`POST ${cases}/:case/openings`]: {
    summary: "Open the name of one person; 202 when a second officer is needed",
    request: "OpeningRequest",
    answer: "OpeningAnswer",
    accepted: "ApprovalAnswer",
  },
  [`GET ${requests}`]: {
    summary: "One's own requests, newest first",
    query: page,
    answer: "ApprovalList",
  },
  [`GET ${requests}/:request`]: { summary: "One of one's own requests", answer: "ApprovalAnswer" },
  [`GET ${requests}/:request/answer`]: {
    summary: "The answer to a granted question, computed now; 202 while it waits",
    query: [format],
    answer: "TraceAnswer",
    answerTypes,
    accepted: "ApprovalAnswer",
  },
  [`GET ${approvals}`]: {
    summary: "What waits for this officer's word, oldest first",
    query: page,
    answer: "ApprovalList",
  },
  [`POST ${approvals}/:request/grant`]: {
    summary: "Grant what somebody else asked; good for a day",
    request: "NoteRequest",
    answer: "ApprovalAnswer",
  },
  [`POST ${approvals}/:request/refuse`]: {
    summary: "Refuse what somebody else asked",
    request: "NoteRequest",
    answer: "ApprovalAnswer",
  },
  "POST /v1/officers/looks": {
    summary: "Who looked at a person's entries",
    request: "LooksRequest",
    answer: "LooksAnswer",
  },
  "GET /v1/officers/audit": {
    summary: "The audit trail, oldest first",
    query: page,
    answer: "AuditPage",
  },
  "GET /v1/officers/audit/verify": {
    summary: "Whether the audit trail is whole",
    answer: "AuditVerdict",
  },
};
