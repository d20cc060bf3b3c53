import { inTransaction } from "#server/database/pool.ts";
import { appendAudit } from "#server/vault/audit.ts";
import type { Reach } from "#server/access/rights.ts";
import type { Queryable, Pool } from "#server/database/pool.ts";
import type { OpeningSpan } from "#server/registry/opening-hours.ts";

export const placeStates = ["pending", "approved", "rejected"] as const;
export type PlaceState = (typeof placeStates)[number];

/** A place as officers see it; times are UTC milliseconds. */
export type Place = {
  readonly place: string;
  readonly name: string;
  readonly type: string | null;
  readonly address: string | null;
  readonly commune: string | null;
  readonly commune_name: string | null;
  readonly state: PlaceState;
  readonly short_code: string | null;
  readonly opening_hours: readonly OpeningSpan[] | null;
  readonly retention_days: number | null;
  readonly questions: readonly string[];
  readonly made_at_ms: number;
  readonly decided_by: string | null;
  readonly decided_at_ms: number | null;
  readonly decision_note: string | null;
};

/** Whom to call about a place: for those who may change it. */
export type Contact = {
  readonly owner_name: string | null;
  readonly owner_phone: string | null;
};

/** What a place consists of. */
export type PlaceParts = {
  readonly zones: readonly string[];
  readonly gates: readonly {
    readonly gate: string;
    readonly name: string;
    readonly zone: string | null;
    readonly lanes: readonly { readonly lane: string; readonly direction: string }[];
    readonly stations: readonly string[];
  }[];
};

const COLUMNS = `p.place, p.name, p.type, p.address, p.commune, c.name AS commune_name, p.state, p.short_code,
  p.opening_hours, p.retention_days, p.questions, p.made_at_ms, p.decided_by, p.decided_at_ms, p.decision_note`;
const FROM = "FROM places p LEFT JOIN communes c USING (commune)";

/** Null when there is no such place. */
export async function findPlace(
  database: Queryable,
  place: string,
): Promise<(Place & Contact) | null> {
  const found = await database.query<Place & Contact>(
    `SELECT ${COLUMNS}, p.owner_name, p.owner_phone ${FROM} WHERE p.place = $1`,
    [place],
  );
  return found.rows[0] ?? null;
}

export async function placeParts(database: Queryable, place: string): Promise<PlaceParts> {
  const zones = await database.query<{ name: string }>(
    "SELECT name FROM zones WHERE place = $1 ORDER BY name",
    [place],
  );
  const gates = await database.query<PlaceParts["gates"][number]>(
    `SELECT g.gate, g.name, z.name AS zone,
       (SELECT coalesce(json_agg(json_build_object('lane', l.lane, 'direction', l.direction) ORDER BY l.lane), '[]')
        FROM lanes l WHERE l.gate = g.gate) AS lanes,
       ARRAY(SELECT s.station FROM stations s WHERE s.gate = g.gate ORDER BY s.station) AS stations
     FROM gates g LEFT JOIN zones z USING (zone)
     WHERE g.place = $1 ORDER BY g.made_at_ms, g.gate`,
    [place],
  );
  return { zones: zones.rows.map(({ name }) => name), gates: gates.rows };
}

/** Which places, and from where on. */
export type PlaceQuery = {
  readonly reach: Reach;
  readonly state: PlaceState | null;
  readonly commune: string | null;
  /** The last place of the page before; null for the first page. */
  readonly after: string | null;
  readonly limit: number;
};

/** One page of the places that somebody may see, by id. */
export async function listPlaces(
  database: Queryable,
  query: PlaceQuery,
): Promise<readonly Place[]> {
  const { reach } = query;
  const isEverywhere = reach.kind === "everywhere";
  const found = await database.query<Place>(
    `SELECT ${COLUMNS} ${FROM}
     WHERE ($1 OR p.commune = ANY ($2) OR p.place = ANY ($3))
       AND ($4::text IS NULL OR p.state = $4) AND ($5::text IS NULL OR p.commune = $5)
       AND ($6::text IS NULL OR p.place > $6)
     ORDER BY p.place LIMIT $7`,
    [
      isEverywhere,
      isEverywhere ? [] : reach.communes,
      isEverywhere ? [] : reach.places,
      query.state,
      query.commune,
      query.after,
      query.limit,
    ],
  );
  return found.rows;
}

/** What an officer decides about a place that registered itself. */
export type Decision = {
  readonly state: "approved" | "rejected";
  readonly by: string;
  /** Why, for the owner; empty when there is nothing to say. */
  readonly note: string;
};

export type DecisionResult =
  | { readonly kind: "decided" }
  | { readonly kind: "unknown" }
  /** Somebody decided otherwise before; deciding the same again is `decided`. */
  | { readonly kind: "decided-before"; readonly state: PlaceState };

/** Decides about a place that waits. */
export async function decidePlace(
  database: Queryable,
  place: string,
  decision: Decision,
  nowMs: number,
): Promise<DecisionResult> {
  const decided = await database.query(
    `UPDATE places SET state = $2, decided_by = $3, decided_at_ms = $4, decision_note = nullif($5, '')
     WHERE place = $1 AND state = 'pending'`,
    [place, decision.state, decision.by, nowMs, decision.note],
  );
  if (decided.rowCount === 1) return { kind: "decided" };
  const found = await findPlace(database, place);
  if (found === null) return { kind: "unknown" };
  if (found.state === decision.state) return { kind: "decided" };
  return { kind: "decided-before", state: found.state };
}

/** Decides about a place and notes it: both or neither. */
export function decideAudited(
  pool: Pool,
  place: string,
  decision: Decision,
  nowMs: number,
): Promise<DecisionResult> {
  const { state, by: actor } = decision;
  const record = { at_ms: nowMs, actor, action: `place-${state}`, target: place } as const;
  return inTransaction(pool, async (client) => {
    const decided = await decidePlace(client, place, decision, nowMs);
    if (decided.kind === "decided") await appendAudit(client, [record]);
    return decided;
  });
}
