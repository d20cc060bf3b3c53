import type { FastifyInstance } from "fastify";
import { listOfficers } from "#server/access/officers.ts";
import { OFFICERS_PATH, officerOf, requireRight } from "#server/access/require-right.ts";
import { grantFields, may, mayAnywhere, rights } from "#server/access/rights.ts";
import type { Officer } from "#server/access/rights.ts";
import type { Pool } from "#server/database/pool.ts";
import { sendJson } from "#server/http/json.ts";
import { sendProblem } from "#server/http/problems.ts";

/** Registers what officers ask about officers. */
export function registerAccess(app: FastifyInstance, parts: { readonly pool: Pool }): void {
  app.get(`${OFFICERS_PATH}me`, requireRight("self.read"), (request, reply) =>
    sendJson(reply, selfOf(officerOf(request))),
  );

  app.get(`${OFFICERS_PATH}users`, requireRight("users.manage"), async (request, reply) => {
    if (!may(officerOf(request), "users.manage", { kind: "province" })) {
      return sendProblem(reply, "right-missing");
    }
    const users = await listOfficers(parts.pool);
    return sendJson(reply, {
      users: users.map(({ officer, name, kind, grants, revokedAtMs }) => ({
        user: officer,
        name,
        kind,
        roles: grants.map(grantFields),
        is_revoked: revokedAtMs !== null,
      })),
    });
  });
}

function selfOf(officer: Officer): object {
  return {
    user: officer.officer,
    name: officer.name,
    roles: officer.grants.map(grantFields),
    rights: rights.filter((right) => mayAnywhere(officer, right)),
  };
}
