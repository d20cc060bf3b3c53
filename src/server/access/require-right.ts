import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { assert } from "#core/assert.ts";
import type { Clock } from "#core/ports.ts";
import { findOfficerByToken } from "#server/access/keys.ts";
import { mayAnywhere } from "#server/access/rights.ts";
import type { Officer, Right } from "#server/access/rights.ts";
import { bearerToken } from "#server/access/tokens.ts";
import type { Pool } from "#server/database/pool.ts";
import { sendProblem } from "#server/http/problems.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who asks; null on routes that want no right. Read it with `officerOf`. */
    officer: Officer | null;
  }
  interface FastifyInstance {
    /** Every route that wants a right. */
    guardedRoutes: readonly GuardedRoute[];
  }
  interface FastifyContextConfig {
    /** What an officer needs, somewhere at least, to come in here. */
    right?: Right;
  }
}

/** Everything below this path is for officers, and for nobody without a right. */
export const OFFICERS_PATH = "/v1/officers/";

/** A route that wants a right, `METHOD /path`. */
export type GuardedRoute = { readonly route: string; readonly right: Right };

/** A route below {@link OFFICERS_PATH} was made without saying which right it wants. */
export class UnguardedRoute extends Error {
  override readonly name = "UnguardedRoute";
}

/**
 * The options of a route for officers: `app.get(path, requireRight("places.read"), handler)`. Whoever comes without a
 * good token gets 401, whoever has the right nowhere gets 403, both before the body is read. What the right reaches
 * is the handler's question: `may(officerOf(request), right, target)` for one thing, `reachOf` for a list.
 */
export function requireRight(right: Right): { readonly config: { readonly right: Right } } {
  return { config: { right } };
}

/** Who asks, in a handler of a route with {@link requireRight}. */
export function officerOf(request: FastifyRequest): Officer {
  assert(request.officer !== null, "a route with a right is entered by officers only");
  return request.officer;
}

/**
 * Guards every route that is added from now on, and lists it in `app.guardedRoutes`. Adding a route below
 * {@link OFFICERS_PATH} without a right throws {@link UnguardedRoute}: deny by default.
 */
export function guardRoutes(
  app: FastifyInstance,
  parts: { readonly pool: Pool; readonly clock: Clock },
): void {
  const guarded: GuardedRoute[] = [];
  app.decorate("guardedRoutes", guarded);
  app.decorateRequest("officer", null);
  app.addHook("onRoute", ({ method, url, config }) => {
    const right = config?.right;
    if (right === undefined) {
      if (!url.startsWith(OFFICERS_PATH)) return;
      throw new UnguardedRoute(`${String(method)} ${url} has no requireRight.`);
    }
    for (const verb of [method].flat()) guarded.push({ route: `${verb} ${url}`, right });
  });
  app.addHook("onRequest", async (request, reply) => {
    const right = request.routeOptions.config?.right;
    return right === undefined ? undefined : admit(parts, right, request, reply);
  });
}

async function admit(
  parts: { readonly pool: Pool; readonly clock: Clock },
  right: Right,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const { authorization } = request.headers;
  const token = bearerToken(authorization);
  const officer =
    token === null ? null : await findOfficerByToken(parts.pool, token, parts.clock.nowMs());
  if (officer === null) {
    reply.header("www-authenticate", 'Bearer realm="tramqr"');
    return sendProblem(reply, authorization === undefined ? "token-missing" : "token-invalid");
  }
  if (!mayAnywhere(officer, right)) return sendProblem(reply, "right-missing");
  request.officer = officer;
  return undefined;
}
