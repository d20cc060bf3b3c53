import { isoTime } from "#core/dates.ts";
import { Type } from "typebox";
import { Value } from "typebox/value";
import type { Queryable } from "#server/database/pool.ts";
import { judgeStation } from "#server/fleet/judge-station.ts";
import type { Finding } from "#server/fleet/judge-station.ts";
import { newestVersion } from "#server/stations/rules.ts";

/** One station on the fleet's board. */
export type FleetStation = {
  readonly station: string;
  readonly place: string;
  readonly place_name: string;
  readonly gate: string;
  readonly gate_name: string;
  readonly state: string;
  readonly wiped_at: string | null;
  readonly app_version: string;
  readonly last_hello_at: string | null;
  readonly pending: number | null;
  /** By the station's own clock. */
  readonly oldest_pending_at: string | null;
  /** Server time minus the station's wall clock. */
  readonly clock_offset_ms: number | null;
  readonly disk_free_bytes: number | null;
  readonly scanners: readonly { readonly lane: string; readonly state: string }[];
  readonly policy_version: number | null;
  readonly findings: readonly Finding[];
};

const Scanners = Type.Array(Type.Object({ lane: Type.String(), state: Type.String() }));
/** Older incidents have been looked into. */
export const INCIDENT_MS = 24 * 3_600_000;

type Row = {
  readonly station: string;
  readonly place: string;
  readonly place_name: string;
  readonly gate: string;
  readonly gate_name: string;
  readonly state: string;
  readonly wiped_at_ms: number | null;
  readonly app_version: string;
  readonly hello_at_ms: number | null;
  readonly pending: number;
  readonly oldest_pending_ms: number | null;
  readonly wall_error_ms: number;
  readonly disk_free_bytes: number | null;
  readonly scanners: unknown;
  readonly policy_version: number;
  readonly quarantined: number;
  readonly incidents: number;
};

/** All stations with what is to be looked after, by place and gate. */
export async function readStations(
  database: Queryable,
  nowMs: number,
): Promise<readonly FleetStation[]> {
  const newestPolicyVersion = await newestVersion(database);
  const found = await database.query<Row>(
    `SELECT s.station, s.place, p.name AS place_name, s.gate, g.name AS gate_name, s.state, s.wiped_at_ms,
            coalesce(h.app_version, s.app_version) AS app_version, h.hello_at_ms, h.pending, h.oldest_pending_ms,
            h.wall_error_ms, h.disk_free_bytes, h.scanners, h.policy_version,
            coalesce(q.quarantined, 0) AS quarantined, coalesce(i.incidents, 0) AS incidents
     FROM stations s JOIN places p USING (place) JOIN gates g ON g.gate = s.gate
     LEFT JOIN station_health h ON h.station = s.station
     LEFT JOIN (SELECT station, count(*) AS quarantined FROM quarantine
                WHERE stored_at_ms IS NULL GROUP BY station) q ON q.station = s.station
     LEFT JOIN (SELECT station, count(*) AS incidents FROM incidents
                WHERE noticed_at_ms > $1 GROUP BY station) i ON i.station = s.station
     ORDER BY p.name, g.name, s.station`,
    [nowMs - INCIDENT_MS],
  );
  return found.rows.map((row) => stationFromRow(row, nowMs, newestPolicyVersion));
}

function stationFromRow(row: Row, nowMs: number, newestPolicyVersion: number): FleetStation {
  const scanners = row.hello_at_ms === null ? [] : Value.Parse(Scanners, row.scanners);
  const health =
    row.hello_at_ms === null
      ? null
      : {
          helloAtMs: row.hello_at_ms,
          pending: row.pending,
          oldestPendingMs: row.oldest_pending_ms,
          clockOffsetMs: row.wall_error_ms,
          diskFreeBytes: row.disk_free_bytes,
          scannerStates: scanners.map(({ state }) => state),
          policyVersion: row.policy_version,
        };
  const { state, quarantined, incidents } = row;
  return {
    station: row.station,
    place: row.place,
    place_name: row.place_name,
    gate: row.gate,
    gate_name: row.gate_name,
    state,
    wiped_at: isoTime(row.wiped_at_ms),
    app_version: row.app_version,
    last_hello_at: isoTime(row.hello_at_ms),
    pending: health?.pending ?? null,
    oldest_pending_at: isoTime(row.oldest_pending_ms),
    clock_offset_ms: health?.clockOffsetMs ?? null,
    disk_free_bytes: row.disk_free_bytes,
    scanners: scanners.map(({ lane, state: scanner }) => ({ lane, state: scanner })),
    policy_version: health?.policyVersion ?? null,
    findings: judgeStation({
      nowMs,
      state,
      isWiped: row.wiped_at_ms !== null,
      health,
      newestPolicyVersion,
      quarantined,
      incidents,
    }),
  };
}
