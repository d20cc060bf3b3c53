import type { Queryable } from "#server/database/pool.ts";
import { setStationState } from "#server/fleet/station-state.ts";

/** What a signed request is judged by. */
export type KnownStation = {
  readonly publicKey: Uint8Array;
  /** Counts, too, and instead of the other once it was used; null: there is none. */
  readonly nextPublicKey: Uint8Array | null;
  /** It is to propose a new key. */
  readonly isAskedForKey: boolean;
  readonly state: string;
  readonly isRevoked: boolean;
};

/** One line of `station list`; times are UTC milliseconds. */
export type ListedStation = {
  readonly station: string;
  readonly place: string;
  readonly place_name: string;
  readonly gate: string;
  readonly gate_name: string;
  readonly state: string;
  readonly app_version: string;
  readonly enrolled_at_ms: number;
  readonly last_hello_at_ms: number | null;
  readonly pending: number | null;
  readonly quarantined: number;
  /** When it was asked for a new key that it does not use yet, and when it began to use the one that counts. */
  readonly key_asked_at_ms: number | null;
  readonly key_changed_at_ms: number | null;
};

type StationRow = {
  readonly public_key: Buffer;
  readonly next_public_key: Buffer | null;
  readonly is_asked: boolean;
  readonly state: string;
};

/** Null when there is no such station. */
export async function findStation(
  database: Queryable,
  station: string,
): Promise<KnownStation | null> {
  const found = await database.query<StationRow>({
    name: "find-station",
    text: `SELECT public_key, next_public_key, key_asked_at_ms IS NOT NULL AS is_asked, state
           FROM stations WHERE station = $1`,
    values: [station],
  });
  const [row] = found.rows;
  return row === undefined
    ? null
    : {
        publicKey: new Uint8Array(row.public_key),
        nextPublicKey: row.next_public_key === null ? null : new Uint8Array(row.next_public_key),
        isAskedForKey: row.is_asked,
        state: row.state,
        isRevoked: row.state === "revoked",
      };
}

/** All stations, oldest first. */
export async function listStations(database: Queryable): Promise<readonly ListedStation[]> {
  const found = await database.query<ListedStation>(
    `SELECT s.station, s.place, p.name AS place_name, s.gate, g.name AS gate_name, s.state,
            coalesce(h.app_version, s.app_version) AS app_version, s.enrolled_at_ms,
            h.hello_at_ms AS last_hello_at_ms, h.pending,
            (SELECT count(*) FROM quarantine q WHERE q.station = s.station) AS quarantined,
            s.key_asked_at_ms, s.key_changed_at_ms
     FROM stations s JOIN places p USING (place) JOIN gates g ON g.gate = s.gate
     LEFT JOIN station_health h ON h.station = s.station
     ORDER BY s.enrolled_at_ms, s.station`,
  );
  return found.rows;
}

/** What a station sends from now on is held for review. False when there is no such station. */
export async function revokeStation(
  database: Queryable,
  station: string,
  nowMs: number,
): Promise<boolean> {
  return setStationState(database, station, "revoked", nowMs);
}

export async function countActiveStations(database: Queryable): Promise<number> {
  const counted = await database.query<{ count: number }>(
    "SELECT count(*) AS count FROM stations WHERE state = 'active'",
  );
  return counted.rows[0]?.count ?? 0;
}
