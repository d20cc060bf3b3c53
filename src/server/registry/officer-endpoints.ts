import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { CodeAdoption, PlaceApproval, NoteRequest } from "#contract/officers.ts";
import { OFFICERS_PATH, officerOf, requireRight } from "#server/access/require-right.ts";
import { may, reachOf } from "#server/access/rights.ts";
import type { Right } from "#server/access/rights.ts";
import { bytesOf, parseBody, sendInvalid, sendJson } from "#server/http/json.ts";
import { nextOf, pageOf } from "#server/http/page.ts";
import { sendProblem } from "#server/http/problems.ts";
import { listCommunes } from "#server/registry/communes.ts";
import {
  BadPlaceCode,
  CodeTaken,
  adoptCode,
  adoptedCodes,
  listUnknownCodes,
} from "#server/registry/place-codes.ts";
import {
  findPlace,
  listPlaces,
  placeParts,
  placeStates,
  decideAudited,
} from "#server/registry/places.ts";
import type { Contact, Decision, Place } from "#server/registry/places.ts";
import { posterFormats } from "#server/registry/poster.ts";
import { sendPoster } from "#server/registry/public-endpoints.ts";
import type { RegistryParts } from "#server/registry/public-endpoints.ts";
import { audited } from "#server/vault/audit.ts";

const PLACES = `${OFFICERS_PATH}places`;
const MOST_PER_PAGE = 200;
const MOST_CODES = 500;

const placeQuery = Compile(
  Type.Object({
    state: Type.Optional(Type.Enum([...placeStates])),
    commune: Type.Optional(Type.String({ pattern: "^[0-9]{5}$" })),
    after: Type.Optional(Type.String({ maxLength: 64 })),
    limit: Type.Optional(Type.String({ pattern: "^[0-9]{1,3}$" })),
  }),
);
const approval = Compile(PlaceApproval);
const rejection = Compile(NoteRequest);
const adoption = Compile(CodeAdoption);

type PlaceRequest = FastifyRequest<{ Params: { place: string } }>;

/** Registers what officers do with places: each sees and decides what the own scope holds, and gets 404 for the rest. */
export function registerOfficerPlaces(app: FastifyInstance, parts: RegistryParts): void {
  app.get(`${OFFICERS_PATH}communes`, requireRight("places.read"), async (_request, reply) =>
    sendJson(reply, { communes: await listCommunes(parts.pool) }),
  );
  app.get(PLACES, requireRight("places.read"), (request, reply) => list(parts, request, reply));
  app.get<{ Params: { place: string } }>(
    `${PLACES}/:place`,
    requireRight("places.read"),
    (request, reply) => show(parts, request, reply),
  );
  app.get<{ Params: { place: string; format: string } }>(
    `${PLACES}/:place/poster/:format`,
    requireRight("places.read"),
    async (request, reply) => {
      const place = await placeFor(parts, request, "places.read");
      const format = posterFormats.find((one) => one === request.params.format);
      if (place === null || format === undefined) return sendProblem(reply, "not-found");
      return sendPoster(parts, request, reply, { ...place, format });
    },
  );
  for (const [word, state] of [
    ["approve", "approved"],
    ["reject", "rejected"],
  ] as const) {
    app.post<{ Params: { place: string } }>(
      `${PLACES}/:place/${word}`,
      requireRight("places.approve"),
      (request, reply) => decide(parts, request, reply, state),
    );
  }
  app.post<{ Params: { place: string } }>(
    `${PLACES}/:place/codes`,
    requireRight("places.write"),
    (request, reply) => adopt(parts, request, reply),
  );
  app.get(`${OFFICERS_PATH}unknown-codes`, requireRight("places.write"), async (request, reply) => {
    if (!may(officerOf(request), "places.write", { kind: "province" })) {
      return sendProblem(reply, "right-missing");
    }
    return sendJson(reply, { codes: await listUnknownCodes(parts.pool, MOST_CODES) });
  });
}

async function list(
  parts: RegistryParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { query } = request;
  if (!placeQuery.Check(query)) return sendInvalid(reply, "query");
  const page = pageOf(query, MOST_PER_PAGE);
  const places = await listPlaces(parts.pool, {
    ...page,
    reach: reachOf(officerOf(request), "places.read"),
    state: query.state ?? null,
    commune: query.commune ?? null,
  });
  return sendJson(reply, { places, next: nextOf(places, page.limit, (one) => one.place) });
}

async function show(
  parts: RegistryParts,
  request: PlaceRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const place = await placeFor(parts, request, "places.read");
  if (place === null) return sendProblem(reply, "not-found");
  const { owner_name, owner_phone, ...rest } = place;
  const mayWrite = may(officerOf(request), "places.write", targetOf(place));
  return sendJson(reply, {
    ...rest,
    ...(mayWrite ? { owner_name, owner_phone } : {}),
    ...(await placeParts(parts.pool, place.place)),
    adopted_codes: await adoptedCodes(parts.pool, place.place),
  });
}

async function decide(
  parts: RegistryParts,
  request: PlaceRequest,
  reply: FastifyReply,
  state: Decision["state"],
): Promise<FastifyReply> {
  const place = await placeFor(parts, request, "places.approve");
  if (place === null) return sendProblem(reply, "not-found");
  const body = parseBody(state === "approved" ? approval : rejection, bytesOf(request.body));
  if (body.kind === "invalid") return sendInvalid(reply, body.where);
  const actor = officerOf(request).officer;
  const nowMs = parts.clock.nowMs();
  const decision = { state, by: actor, note: body.value.note ?? "" };
  const result = await decideAudited(parts.pool, place.place, decision, nowMs);
  if (result.kind === "decided") return sendJson(reply, { place: place.place, state });
  return sendProblem(reply, result.kind === "unknown" ? "not-found" : "place-decided");
}

async function adopt(
  parts: RegistryParts,
  request: PlaceRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const place = await placeFor(parts, request, "places.write");
  if (place === null) return sendProblem(reply, "not-found");
  const body = parseBody(adoption, bytesOf(request.body));
  if (body.kind === "invalid") return sendInvalid(reply, body.where);
  const by = officerOf(request).officer;
  const nowMs = parts.clock.nowMs();
  const { code } = body.value;
  try {
    const action = "place-code-adopted";
    const record = { at_ms: nowMs, actor: by, action, target: place.place } as const;
    const isNew = await audited(parts.pool, record, (client) =>
      adoptCode(client, { place: place.place, code, by }, nowMs),
    );
    return sendJson(reply, { place: place.place, code, new: isNew });
  } catch (cause) {
    if (cause instanceof CodeTaken) return sendProblem(reply, "place-code-taken");
    if (cause instanceof BadPlaceCode) return sendInvalid(reply, "code");
    throw cause;
  }
}

/** The place of the path; null when there is none, and when it is none of this officer's business. */
async function placeFor(
  parts: RegistryParts,
  request: PlaceRequest,
  right: Right,
): Promise<(Place & Contact) | null> {
  const place = await findPlace(parts.pool, request.params.place);
  if (place === null) return null;
  return may(officerOf(request), right, targetOf(place)) ? place : null;
}

function targetOf({ place, commune }: Place) {
  return { kind: "place", place, commune } as const;
}
