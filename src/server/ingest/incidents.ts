import type { Queryable } from "#server/database/pool.ts";

/** What an officer of the fleet should look into. */
export type IncidentKind = "fork" | "conflict" | "chain-break" | "server-ahead" | "server-behind";

/** Records incidents once each; how often they are seen again does not matter. */
export async function recordIncidents(
  database: Queryable,
  stream: { readonly station: string; readonly instance: string },
  nowMs: number,
  incidents: readonly { readonly kind: IncidentKind; readonly seq: number }[],
): Promise<void> {
  if (incidents.length === 0) return;
  await database.query(
    `INSERT INTO incidents (station, instance, noticed_at_ms, kind, seq)
     SELECT $1, $2, $3, noticed.* FROM unnest($4::text[], $5::bigint[]) AS noticed
     ON CONFLICT DO NOTHING`,
    [
      stream.station,
      stream.instance,
      nowMs,
      incidents.map((incident) => incident.kind),
      incidents.map((incident) => incident.seq),
    ],
  );
}
