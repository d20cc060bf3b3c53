import type { TSchema } from "typebox";
import {
  CheckInAnswer,
  DeclarationAnswer,
  FeedbackAnswer,
  FormTokenAnswer,
  PersonalCodeAnswer,
  PlaceAnswer,
} from "#contract/public.ts";
import {
  BATCH_CONTENT_TYPE,
  BatchAnswer,
  EnrolmentAnswer,
  EnrolmentRequest,
  HelloAnswer,
  HelloRequest,
  Problem,
  SIGNATURE_HEADER,
  STATION_HEADER,
  WireEvent,
} from "#contract/wire.ts";
import { forms, requestSchema } from "#server/citizens/forms.ts";
import { JSON_CONTENT_TYPE } from "#server/http/json.ts";
import { officerCalls, officerSchemas } from "#server/http/officer-calls.ts";
import { PROBLEM_CONTENT_TYPE, problemCodes } from "#server/http/problems.ts";

/** A call that the server answers. */
export type KnownRoute = {
  readonly method: string;
  /** As Fastify has it: `/v1/public/places/:code`. */
  readonly url: string;
  /** What an officer needs for it; null: no officer's call. */
  readonly right: string | null;
};

/** The JSON Schemas of the contract, and of the forms, by name. */
const schemas: Readonly<Record<string, TSchema>> = {
  EnrolmentRequest,
  EnrolmentAnswer,
  HelloRequest,
  HelloAnswer,
  WireEvent,
  BatchAnswer,
  FormTokenAnswer,
  PlaceAnswer,
  CheckInRequest: requestSchema(forms["check-in"]),
  CheckInAnswer,
  HealthDeclaration: requestSchema(forms.health),
  MovementDeclaration: requestSchema(forms.movement),
  DeclarationAnswer,
  PersonalCodeRequest: requestSchema(forms["personal-code"]),
  PersonalCodeAnswer,
  FeedbackRequest: requestSchema(forms.feedback),
  FeedbackAnswer,
  ...officerSchemas,
  Problem,
};

/** A part of an address behind the question mark; may always be left out. */
export type QueryParameter = { readonly name: string; readonly description: string };

/** What is said of a call beyond its address. */
export type Call = {
  readonly summary: string;
  readonly request?: string;
  /** Of the request; JSON unless said otherwise. */
  readonly contentType?: string;
  readonly answer?: string;
  /** Of the answer, each with the same content in its own form; JSON alone unless said otherwise. */
  readonly answerTypes?: readonly string[];
  /** What 202 says: not done, but taken note of. */
  readonly accepted?: string;
  readonly query?: readonly QueryParameter[];
  readonly isSigned?: boolean;
};

const calls: Readonly<Record<string, Call>> = {
  "POST /v1/enrolments": {
    summary: "Become a station with a one-time code",
    request: "EnrolmentRequest",
    answer: "EnrolmentAnswer",
  },
  "POST /v1/hello": {
    summary: "Compare heads, report health",
    request: "HelloRequest",
    answer: "HelloAnswer",
    isSigned: true,
  },
  "POST /v1/batches": {
    summary: "Upload at most 200 events, one per line, zstd or gzip compressed or not",
    request: "WireEvent",
    contentType: BATCH_CONTENT_TYPE,
    answer: "BatchAnswer",
    isSigned: true,
  },
  "GET /v1/public/form-token": {
    summary: "A token that makes a form count once",
    answer: "FormTokenAnswer",
  },
  "GET /v1/public/places/:code": {
    summary: "The name of the place that a poster's code belongs to",
    answer: "PlaceAnswer",
  },
  "POST /v1/public/check-ins": {
    summary: "Self check-in at a place; self-declared, never evidence",
    request: "CheckInRequest",
    answer: "CheckInAnswer",
  },
  "POST /v1/public/declarations/health": {
    summary: "Health declaration, good for 72 hours",
    request: "HealthDeclaration",
    answer: "DeclarationAnswer",
  },
  "POST /v1/public/declarations/movement": {
    summary: "Domestic movement declaration, good for 72 hours",
    request: "MovementDeclaration",
    answer: "DeclarationAnswer",
  },
  "POST /v1/public/personal-codes": {
    summary: "The province's own personal code, made or got back",
    request: "PersonalCodeRequest",
    answer: "PersonalCodeAnswer",
  },
  "POST /v1/public/feedback": {
    summary: "Feedback; the answer is a ticket's number",
    request: "FeedbackRequest",
    answer: "FeedbackAnswer",
  },
  ...officerCalls,
  "GET /healthz": { summary: "The process is alive" },
  "GET /readyz": { summary: "The database answers" },
  "GET /version": { summary: "Name and version of the program" },
};

/** What asks whether the server is there: always answered, and no work. */
export const PROBES = ["/healthz", "/readyz", "/version"];

/**
 * The server's interface for programs as OpenAPI 3.1: every route below `/v1` that is really there, with the schemas of
 * the contract where it has such.
 */
export function openApiDocument(version: string, routes: readonly KnownRoute[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    if (!route.url.startsWith("/v1/") && !PROBES.includes(route.url)) continue;
    const path = route.url.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "TramQR: the province's server",
      version,
      description: `Every error is a problem document with a stable code, one of: ${problemCodes.join(", ")}.`,
    },
    paths,
    components: {
      schemas,
      securitySchemes: { officer: { type: "http", scheme: "bearer" } },
    },
  };
}

function operationOf(route: KnownRoute): object {
  const call = calls[`${route.method} ${route.url}`] ?? undescribed(route);
  const parameters = [
    ...pathParameters(route.url),
    ...(call.query ?? []).map(queryParameter),
    ...(call.isSigned === true ? signed : []),
  ];
  return {
    summary: call.summary,
    ...(route.right === null ? {} : { security: [{ officer: [route.right] }] }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(call.request === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: content(call.contentType ?? JSON_CONTENT_TYPE, call.request),
          },
        }),
    responses: {
      "200": { description: "Done", content: answerContent(call) },
      ...(call.accepted === undefined
        ? {}
        : {
            "202": {
              description: "Waits for a second officer",
              content: content(JSON_CONTENT_TYPE, call.accepted),
            },
          }),
      default: { description: "Refused", content: content(PROBLEM_CONTENT_TYPE, "Problem") },
    },
  };
}

/** A call that has no row in the table is listed all the same, with what is known of it. */
function undescribed({ right }: KnownRoute): Call {
  return { summary: right === null ? "Open to everybody" : `For officers with the right ${right}` };
}

/** Files have no schema of ours; JSON and lines of JSON have. */
function answerContent({ answer, answerTypes = [JSON_CONTENT_TYPE] }: Call): object {
  const contents = answerTypes.map((type) =>
    answer !== undefined && type.includes("json")
      ? content(type, answer)
      : { [type]: { schema: {} } },
  );
  return Object.assign({}, ...contents);
}

const signed = [
  headerParameter(STATION_HEADER, "Id of the station that signs"),
  headerParameter(
    SIGNATURE_HEADER,
    "Ed25519 over method, path, station and SHA-256 of the body, base64url",
  ),
];

function pathParameters(url: string): readonly object[] {
  return [...url.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function queryParameter({ name, description }: QueryParameter): object {
  return { name, in: "query", required: false, description, schema: { type: "string" } };
}

function headerParameter(name: string, description: string): object {
  return { name, in: "header", required: true, description, schema: { type: "string" } };
}

function content(type: string, schema: string): object {
  return { [type]: { schema: { $ref: `#/components/schemas/${schema}` } } };
}
