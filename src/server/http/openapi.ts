import type { TSchema } from "typebox";
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
import { PROBLEM_CONTENT_TYPE, problemCodes } from "#server/http/problems.ts";
import { BATCHES_PATH, ENROLMENTS_PATH, HELLO_PATH } from "#server/http/v1.ts";

const JSON_CONTENT_TYPE = "application/json";

const schemas: Readonly<Record<string, TSchema>> = {
  EnrolmentRequest,
  EnrolmentAnswer,
  HelloRequest,
  HelloAnswer,
  WireEvent,
  BatchAnswer,
  Problem,
};

/** Protocol v1 as OpenAPI 3.1, whose schemas are those of the contract. */
export function openApiDocument(version: string): object {
  return {
    openapi: "3.1.0",
    info: {
      title: "TramQR: stations and their province",
      version,
      description: `Every problem has a stable code, one of: ${problemCodes.join(", ")}.`,
    },
    paths: {
      [ENROLMENTS_PATH]: {
        post: operation("Become a station with a one-time code", {
          request: content(JSON_CONTENT_TYPE, "EnrolmentRequest"),
          answer: "EnrolmentAnswer",
          isSigned: false,
        }),
      },
      [HELLO_PATH]: {
        post: operation("Compare heads, report health", {
          request: content(JSON_CONTENT_TYPE, "HelloRequest"),
          answer: "HelloAnswer",
          isSigned: true,
        }),
      },
      [BATCHES_PATH]: {
        post: operation("Upload at most 200 events, one per line, zstd or gzip compressed or not", {
          request: content(BATCH_CONTENT_TYPE, "WireEvent"),
          answer: "BatchAnswer",
          isSigned: true,
        }),
      },
      "/healthz": { get: plain("The process is alive") },
      "/readyz": { get: plain("The database answers") },
      "/version": { get: plain("Name and version of the program") },
    },
    components: { schemas },
  };
}

type Operation = {
  readonly request: object;
  readonly answer: string;
  readonly isSigned: boolean;
};

function operation(summary: string, { request, answer, isSigned }: Operation): object {
  const parameters = [
    header(STATION_HEADER, "Id of the station that signs"),
    header(
      SIGNATURE_HEADER,
      "Ed25519 over method, path, station and SHA-256 of the body, base64url",
    ),
  ];
  return {
    summary,
    ...(isSigned ? { parameters } : {}),
    requestBody: { required: true, content: request },
    responses: {
      "200": { description: "Done", content: content(JSON_CONTENT_TYPE, answer) },
      default: { description: "Refused", content: content(PROBLEM_CONTENT_TYPE, "Problem") },
    },
  };
}

function header(name: string, description: string): object {
  return { name, in: "header", required: true, description, schema: { type: "string" } };
}

function plain(summary: string): object {
  const answer = { description: "Yes", content: { [JSON_CONTENT_TYPE]: { schema: {} } } };
  return { summary, responses: { "200": answer } };
}

function content(type: string, schema: string): object {
  return { [type]: { schema: { $ref: `#/components/schemas/${schema}` } } };
}
