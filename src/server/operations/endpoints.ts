import { isoTime } from "#core/dates.ts";
import type { FastifyInstance } from "fastify";
import { OFFICERS_PATH, officerOf, requireRight } from "#server/access/require-right.ts";
import { may, reachOf } from "#server/access/rights.ts";
import type { Reach } from "#server/access/rights.ts";
import { readGates } from "#server/fleet/read-gates.ts";
import { readStations } from "#server/fleet/read-stations.ts";
import { sendInvalid, sendJson } from "#server/http/json.ts";
import type { ServerParts } from "#server/http/parts.ts";
import { sendProblem } from "#server/http/problems.ts";
import { parseCursor, readFeed } from "#server/operations/feed.ts";

const MAX_LINES = 1_000;
const NDJSON = "application/x-ndjson";

/** Registers what officers and other systems ask about the fleet and the feed of entries. */
export function registerOperations(app: FastifyInstance, parts: ServerParts): void {
  app.get(`${OFFICERS_PATH}fleet`, requireRight("fleet.read"), async (request, reply) => {
    const reach = reachOf(officerOf(request), "fleet.read");
    const nowMs = parts.clock.nowMs();
    const stations = await readStations(parts.pool, nowMs);
    const gates = await readGates(parts.pool, nowMs);
    return sendJson(reply, {
      at: isoTime(nowMs),
      stations: stations.filter(({ place }) => reaches(reach, place)),
      gates: gates.filter(({ place }) => reaches(reach, place)),
    });
  });

  app.get<{ Querystring: { after?: unknown } }>(
    `${OFFICERS_PATH}feed`,
    requireRight("counts.read"),
    async (request, reply) => {
      if (!may(officerOf(request), "counts.read", { kind: "province" })) {
        return sendProblem(reply, "right-missing");
      }
      const { after = null } = request.query;
      const cursor = typeof after === "string" ? parseCursor(after) : null;
      if (after !== null && cursor === null) return sendInvalid(reply, "after");
      const nowMs = parts.clock.nowMs();
      const lines = await readFeed(parts.pool, { after: cursor, limit: MAX_LINES, nowMs });
      const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
      return reply.code(200).type(NDJSON).send(text);
    },
  );
}

/** Fleet technicians work for the province or for single places; communes have none of their own. */
function reaches(reach: Reach, place: string): boolean {
  return reach.kind === "everywhere" || reach.places.includes(place);
}
