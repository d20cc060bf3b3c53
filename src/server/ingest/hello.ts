import type { HelloAnswer, HelloRequest } from "#contract/wire.ts";
import type { Pool, Queryable } from "#server/database/pool.ts";
import { compareHeads } from "#server/ingest/compare-heads.ts";
import { recordIncidents } from "#server/ingest/incidents.ts";
import { findInstance } from "#server/ingest/instance-row.ts";
import type { InstanceRow } from "#server/ingest/instance-row.ts";
import { takeNewKey } from "#server/stations/new-key.ts";
import { rulesAfter } from "#server/stations/rules.ts";

/** What the server asks of stations at this moment. */
export type Pace = { readonly intervalMs: number; readonly spreadHintMs: number };

/** Most ranges in one answer (wire: 100); the rest comes with the next hello. */
const MAX_RANGES = 100;
/** How often a station says hello that may record nothing new. */
const HELD_INTERVAL_MS = 30_000;
/** Design: a station keeps no readable copy longer. */
const MOST_READABLE_HOURS = 72;

/** Who says hello, and what is asked of everybody now. */
export type HelloContext = {
  readonly station: string;
  /** As it is registered. */
  readonly state: string;
  /** It is to propose a new key. */
  readonly isAskedForKey: boolean;
  readonly pace: Pace;
  readonly nowMs: number;
};

/** Compares heads, keeps the station's health, and answers with what the station lacks. */
export async function answerHello(
  pool: Pool,
  request: HelloRequest,
  context: HelloContext,
): Promise<HelloAnswer> {
  const { station, pace, nowMs } = context;
  const instance = await findInstance(pool, station, request.instance);
  const comparison = compareHeads(request, {
    headSeq: instance?.headSeq ?? 0,
    contiguousUpto: instance?.contiguousUpto ?? 0,
    hashAtStationSeq: await hashAt(pool, instance, request.seq),
  });
  const stream = { station, instance: request.instance };
  if (comparison !== "equal" && comparison !== "station-ahead") {
    await recordIncidents(pool, stream, nowMs, [{ kind: comparison, seq: request.seq }]);
  }
  await keepHealth(pool, station, { request, comparison, nowMs });
  await learnBoot(pool, station, request, nowMs);
  if (request.state === "wiped") await noteWiped(pool, station, nowMs);
  const rules = await rulesAfter(pool, request.policy_version);
  const state = wishedState(context.state);
  return {
    server_time_ms: nowMs,
    comparison,
    head_seq: instance?.headSeq ?? 0,
    contiguous_upto: instance?.contiguousUpto ?? 0,
    missing: instance === null ? [] : await missingRanges(pool, instance),
    ...(rules === null ? {} : { rules }),
    ...(state === null ? {} : { state }),
    ...(await readableHours(pool, station)),
    ...(context.isAskedForKey ? await takeNewKey(pool, station, request.new_key) : {}),
    // A gate that is closed for scanning opens again soon after the word was given.
    interval_ms: state === null ? pace.intervalMs : Math.min(pace.intervalMs, HELD_INTERVAL_MS),
    spread_hint_ms: pace.spreadHintMs,
  };
}

/** What the place has said of its retention, within what the guard's readable copy may live. */
async function readableHours(
  database: Queryable,
  station: string,
): Promise<Pick<HelloAnswer, "readable_hours">> {
  const found = await database.query<{ days: number | null }>({
    name: "retention-of-station",
    text: `SELECT p.retention_days AS days FROM stations s JOIN places p ON p.place = s.place
           WHERE s.station = $1`,
    values: [station],
  });
  const days = found.rows[0]?.days ?? null;
  return days === null ? {} : { readable_hours: Math.min(days * 24, MOST_READABLE_HOURS) };
}

/** Null: to work as always, or to be told nothing. */
function wishedState(state: string): "upload-only" | "wipe" | null {
  return state === "upload-only" || state === "wipe" ? state : null;
}

async function hashAt(
  pool: Pool,
  instance: InstanceRow | null,
  seq: number,
): Promise<string | null> {
  if (instance === null || seq === 0) return null;
  const found = await pool.query<{ hash: Buffer }>({
    name: "hash-at",
    text: "SELECT hash FROM event_keys WHERE instance_key = $1 AND seq = $2 AND standing < 2",
    values: [instance.instanceKey, seq],
  });
  return found.rows[0]?.hash.toString("hex") ?? null;
}

/** Gaps between the prefix and the head, inclusive. */
async function missingRanges(
  database: Queryable,
  instance: InstanceRow,
): Promise<[number, number][]> {
  if (instance.contiguousUpto === instance.headSeq) return [];
  const found = await database.query<{ first: number; last: number }>(
    `SELECT before + 1 AS first, seq - 1 AS last
     FROM (SELECT seq, lag(seq, 1, $2::bigint) OVER (ORDER BY seq) AS before
           FROM event_keys WHERE instance_key = $1 AND seq > $2) AS steps
     WHERE seq > before + 1 ORDER BY seq LIMIT ${MAX_RANGES}`,
    [instance.instanceKey, instance.contiguousUpto],
  );
  return found.rows.map((row) => [row.first, row.last]);
}

/** The first word counts: it may be repeated when its answer was lost. */
async function noteWiped(database: Queryable, station: string, nowMs: number): Promise<void> {
  await database.query(
    "UPDATE stations SET wiped_at_ms = $2 WHERE station = $1 AND wiped_at_ms IS NULL",
    [station, nowMs],
  );
}

type Health = {
  readonly request: HelloRequest;
  readonly comparison: string;
  readonly nowMs: number;
};

async function keepHealth(database: Queryable, station: string, health: Health): Promise<void> {
  const { request, nowMs } = health;
  const values = [
    station,
    nowMs,
    request.instance,
    request.seq,
    request.acknowledged_upto,
    request.pending,
    request.oldest_pending_ms,
    request.app_version,
    request.policy_version,
    nowMs - request.wall_ms,
    request.disk_free_bytes,
    JSON.stringify(request.scanners),
    health.comparison,
  ];
  await database.query({
    name: "keep-health",
    text: `INSERT INTO station_health (${healthColumns.join(", ")})
           VALUES (${healthColumns.map((_, index) => `$${index + 1}`).join(", ")})
           ON CONFLICT (station) DO UPDATE SET
           ${healthColumns
             .slice(1)
             .map((name) => `${name} = excluded.${name}`)
             .join(", ")}`,
    values,
  });
}

const healthColumns = [
  "station",
  "hello_at_ms",
  "instance",
  "seq",
  "acknowledged_upto",
  "pending",
  "oldest_pending_ms",
  "app_version",
  "policy_version",
  "wall_error_ms",
  "disk_free_bytes",
  "scanners",
  "comparison",
];

/** Dates the events of this boot that were recorded before its first hello; the first answer is kept. */
async function learnBoot(
  database: Queryable,
  station: string,
  request: HelloRequest,
  nowMs: number,
): Promise<void> {
  if (request.mono_ms === undefined) return;
  await database.query({
    name: "learn-boot",
    text: `INSERT INTO boots (station, boot_id, server_minus_mono_ms, learned_at_ms)
           VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
    values: [station, request.boot_id, Math.round(nowMs - request.mono_ms), nowMs],
  });
}
