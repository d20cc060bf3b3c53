import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import Fastify from "fastify";
import type { FastifyError, FastifyInstance } from "fastify";
import { registerAccess } from "#server/access/endpoints.ts";
import { guardRoutes } from "#server/access/require-right.ts";
import { PAGE_HEADERS } from "#server/citizens/page.ts";
import { registerCitizens } from "#server/citizens/register.ts";
import { isDataRefused, isPassing } from "#server/database/errors.ts";
import { createAdmission, createRateLimit } from "#server/http/admission.ts";
import type { Admission } from "#server/http/admission.ts";
import { MAX_BODY_BYTES } from "#server/http/body.ts";
import { docsPage } from "#server/http/docs-page.ts";
import { openApiDocument, PROBES } from "#server/http/openapi.ts";
import type { KnownRoute } from "#server/http/openapi.ts";
import { defaultLimits } from "#server/http/parts.ts";
import type { ServerLimits, ServerParts } from "#server/http/parts.ts";
import {
  PROBLEM_CONTENT_TYPE,
  problemBody,
  problemStatus,
  sendProblem,
} from "#server/http/problems.ts";
import type { ProblemCode } from "#server/http/problems.ts";
import { registerOfficerPlaces } from "#server/registry/officer-endpoints.ts";
import { registerPlacePages } from "#server/registry/public-endpoints.ts";
import { signReply } from "#server/http/signed.ts";
import { createSpread } from "#server/http/spread.ts";
import { refuse } from "#server/http/refuse.ts";
import { registerOperations } from "#server/operations/endpoints.ts";
import { registerV1 } from "#server/http/v1.ts";
import { registerTracing } from "#server/tracing/register.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Known once the signature was found to be good. */
    station: string | null;
    /** Gives back this request's room in the server. */
    leave: (() => void) | null;
  }
}

/** A stalled upload must not hold a connection: 256 KiB in 30 s is 70 kbit/s. */
const REQUEST_LIMIT_MS = 30_000;
const HEADERS_LIMIT_MS = 15_000;
const IDLE_LIMIT_MS = 60_000;
/** Longer than the usual 60 s of proxies, so that they close first. */
const KEEP_ALIVE_MS = 72_000;
const BUSY_RETRY_S = 5;

/**
 * The province's HTTP interface over a pool that is already migrated. Listens to nothing by itself: call `listen`, or
 * `inject` in a simulation. `close` lets what is under way finish.
 */
export function buildServer(parts: ServerParts): FastifyInstance {
  const limits = { ...defaultLimits, ...parts.limits };
  const app = Fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_LIMIT_MS,
    connectionTimeout: IDLE_LIMIT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: { headersTimeout: HEADERS_LIMIT_MS },
    forceCloseConnections: "idle",
    return503OnClosing: false,
    trustProxy: "loopback",
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket),
    frameworkErrors: (_error, _request, reply) => void sendProblem(reply, "request-invalid"),
  });
  app.decorateRequest("station", null);
  app.decorateRequest("leave", null);
  takeAnyBody(app);
  addHooks(app, parts, {
    stations: createAdmission(limits.maxInFlight),
    citizens: createAdmission(limits.maxCitizensInFlight),
  });
  addErrorAnswers(app, parts);
  guardRoutes(app, parts);
  const routes = listRoutes(app);
  addRoutes(app, parts, limits);
  addDescription(app, parts.version, routes);
  return app;
}

/** Bodies are signed and decoded as bytes; what they should be is each call's own question. */
function takeAnyBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
}

type Doors = { readonly stations: Admission; readonly citizens: Admission };

/** Whoever watches the server is let in always. */
/** Null: the request is no work. */
function doorOf(url: string, doors: Doors): Admission | null {
  if (url.startsWith("/v1/") && !url.startsWith("/v1/public/")) return doors.stations;
  return PROBES.includes(url) ? null : doors.citizens;
}

function addHooks(app: FastifyInstance, parts: ServerParts, doors: Doors): void {
  let isClosing = false;
  const retryAfterS = () => BUSY_RETRY_S + Math.floor(parts.random.fraction() * BUSY_RETRY_S);
  app.addHook("preClose", (done) => {
    isClosing = true;
    done();
  });
  app.addHook("onRequest", (request, reply, done) => {
    reply.headers({ "x-content-type-options": "nosniff", "cache-control": "no-store" });
    const door = doorOf(request.url, doors);
    if (door === null) return done();
    if (isClosing) {
      reply.header("connection", "close");
      return void refuse(request, reply, "shutting-down", { retryAfterS: retryAfterS() });
    }
    const leave = door.enter();
    if (leave === null) {
      return void refuse(request, reply, "too-many-requests", { retryAfterS: retryAfterS() });
    }
    request.leave = leave;
    // A client that hangs up in the middle gets no response, and onResponse may not come.
    reply.raw.once("close", leave);
    done();
  });
  app.addHook("onSend", (request, reply, payload, done) => {
    signReply(request, reply, payload, parts.secrets);
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    request.leave?.();
    const route = request.routeOptions.url ?? "none";
    parts.observe?.(route, reply.statusCode, reply.elapsedTime / 1_000);
    if (reply.statusCode >= 400) {
      parts.log.event("request", {
        route,
        status: reply.statusCode,
        station: request.station,
        ms: Math.round(reply.elapsedTime),
      });
    }
    done();
  });
}

/** Fastify's own refusals of a request, as problems of ours. */
const frameworkProblems: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "request-too-large",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "media-type-unsupported",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "request-invalid",
  FST_ERR_CTP_EMPTY_JSON_BODY: "request-invalid",
};

function addErrorAnswers(app: FastifyInstance, parts: ServerParts): void {
  app.setNotFoundHandler((request, reply) => refuse(request, reply, "not-found"));
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const known = frameworkProblems[error.code];
    if (known !== undefined) return refuse(request, reply, known);
    // Numbers and texts of a request that the schema allows and PostgreSQL cannot hold.
    if (isDataRefused(error)) return refuse(request, reply, "request-invalid");
    parts.log.fault("request", error);
    if (isPassing(error)) {
      return refuse(request, reply, "database-unavailable", { retryAfterS: BUSY_RETRY_S });
    }
    const isClients = (error.statusCode ?? 500) < 500 || request.raw.aborted;
    return refuse(request, reply, isClients ? "request-invalid" : "internal");
  });
}

function addRoutes(app: FastifyInstance, parts: ServerParts, limits: ServerLimits): void {
  const spreadHintMs = createSpread(parts.pool, parts.clock);
  registerV1(app, {
    ...parts,
    enrolments: createRateLimit(limits.enrolmentsPerMinute, parts.clock),
    pace: async () => ({
      intervalMs: limits.helloIntervalMs,
      spreadHintMs: await spreadHintMs(),
    }),
  });
  registerAccess(app, parts);
  registerCitizens(app, parts);
  registerOperations(app, parts);
  registerPlacePages(app, parts);
  registerOfficerPlaces(app, parts);
  registerTracing(app, parts, limits);
  app.get("/healthz", (_request, reply) => reply.send({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    await parts.pool.query("SELECT");
    return reply.send({ status: "ready" });
  });
  app.get("/version", (_request, reply) =>
    reply.send({ name: "tramqr", version: parts.version, protocol: "v1" }),
  );
}

/** Every route that is added from now on. */
function listRoutes(app: FastifyInstance): readonly KnownRoute[] {
  const routes: KnownRoute[] = [];
  app.addHook("onRoute", ({ method, url, config }) => {
    const verbs = [method].flat().filter((verb) => verb !== "HEAD");
    for (const verb of verbs) routes.push({ method: verb, url, right: config?.right ?? null });
  });
  return routes;
}

/** For programs and for those who write them; made when it is first asked for, because all routes must be there. */
function addDescription(
  app: FastifyInstance,
  version: string,
  routes: readonly KnownRoute[],
): void {
  let made: { readonly json: string; readonly page: string } | null = null;
  const description = () => (made ??= describe());
  const describe = () => {
    const document = openApiDocument(version, routes);
    return { json: JSON.stringify(document), page: docsPage(document) };
  };
  app.get("/openapi.json", (_request, reply) =>
    reply.type("application/json").send(description().json),
  );
  app.get("/docs", { config: { isPage: true } }, (_request, reply) =>
    reply.headers(PAGE_HEADERS).type("text/html; charset=utf-8").send(description().page),
  );
}

/** What does not even parse as HTTP. */
function answerBrokenRequest(
  error: Error & { readonly code?: string },
  socket: Socket & { readonly parser?: { incoming?: IncomingMessage } },
): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const codes: Readonly<Record<string, ProblemCode>> = {
    ERR_HTTP_REQUEST_TIMEOUT: "request-timeout",
    HPE_HEADER_OVERFLOW: "header-too-large",
  };
  const code = codes[error.code ?? ""] ?? "request-invalid";
  const body = JSON.stringify(problemBody(code));
  const head = [
    `HTTP/1.1 ${problemStatus(code)} Refused`,
    `content-type: ${PROBLEM_CONTENT_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
