import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "@prometheus-io/client";
import type { Clock } from "#core/ports.ts";
import { CONTACT_LIMIT_MS } from "#server/fleet/judge-station.ts";
import { INCIDENT_MS } from "#server/fleet/read-stations.ts";
import type { Pool } from "#server/database/pool.ts";
import type { LogFacts, ServerEvent, ServerLog } from "#server/log.ts";

/** Numbers about this server process and the province, for Prometheus. No place, station or person is named. */
export type Metrics = {
  /** Text exposition format. Asks the database. */
  expose(): Promise<string>;
  readonly contentType: string;
  /** A log that counts what passes through it. */
  counting(log: ServerLog): ServerLog;
  /** One answered request; `route` is its pattern, never its address. */
  observe(route: string, status: number, seconds: number): void;
};

export type MetricsParts = {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: ServerLog;
};

/** What the database is asked at each scrape: one row of numbers. */
const STATE = `
  SELECT (SELECT count(*) FROM stations WHERE state = 'active') AS tramqr_stations_active,
         (SELECT count(*) FROM station_health WHERE hello_at_ms < $1::bigint - ${CONTACT_LIMIT_MS}) AS tramqr_stations_without_contact,
         (SELECT coalesce(sum(pending), 0)::bigint FROM station_health) AS tramqr_events_pending_at_stations,
         (SELECT coalesce(max($1::bigint - hello_at_ms), 0) FROM station_health) AS tramqr_oldest_hello_age_ms,
         (SELECT count(*) FROM vault_work) AS tramqr_vault_ranges_waiting,
         (SELECT coalesce(max($1::bigint - e.received_at_ms), 0)
            FROM (SELECT instance_key, first_seq FROM vault_work ORDER BY work_id LIMIT 1) AS oldest
            JOIN event_keys k ON k.instance_key = oldest.instance_key AND k.seq = oldest.first_seq
            JOIN events e ON e.local_day = k.local_day AND e.event_id = k.event_id) AS tramqr_vault_oldest_waiting_ms,
         (SELECT count(*) FROM pairing_work) AS tramqr_pairing_events_waiting,
         (SELECT coalesce(max($1::bigint - s.keyed_at_ms), 0)
            FROM (SELECT event_id FROM pairing_work ORDER BY work_id LIMIT 1) AS oldest
            JOIN event_keys k ON k.event_id = oldest.event_id
            JOIN event_subjects s ON s.local_day = k.local_day AND s.event_id = k.event_id) AS tramqr_pairing_oldest_waiting_ms,
         (SELECT count(*) FROM quarantine WHERE stored_at_ms IS NULL) AS tramqr_lines_in_quarantine,
         (SELECT count(*) FROM incidents WHERE noticed_at_ms > $1::bigint - ${INCIDENT_MS}) AS tramqr_incidents_of_a_day,
         (SELECT max(made_at_ms) FROM deletion_reports) AS tramqr_last_deletion_report_ms,
         (SELECT coalesce(max(version), 0) FROM rules) AS tramqr_policy_version`;

const help: Readonly<Record<string, string>> = {
  tramqr_stations_active: "Stations that are to work",
  tramqr_stations_without_contact: "Stations whose last hello is older than 16 minutes",
  tramqr_events_pending_at_stations: "Events that stations had not sent at their last hello",
  tramqr_oldest_hello_age_ms: "Age of the oldest last hello, milliseconds",
  tramqr_vault_ranges_waiting: "Ranges of events without a subject",
  tramqr_vault_oldest_waiting_ms: "Age of the oldest event without a subject, milliseconds",
  tramqr_pairing_events_waiting: "Events whose persons' visits are to be paired again",
  tramqr_pairing_oldest_waiting_ms: "How long the oldest of them has waited, milliseconds",
  tramqr_lines_in_quarantine: "Lines that could not be stored as events",
  tramqr_incidents_of_a_day: "Forks, conflicts and broken chains of the last 24 hours",
  tramqr_last_deletion_report_ms: "When the last deletion was reported, UTC milliseconds",
  tramqr_policy_version: "Newest version of the rules",
};

export function createMetrics(parts: MetricsParts): Metrics {
  const { pool } = parts;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const state = new Map(
    Object.entries(help).map(([name, text]) => [name, new Gauge({ name, help: text, registers })]),
  );
  const connections = new Gauge({
    name: "tramqr_database_connections",
    help: "Connections of this process by what they do",
    labelNames: ["state"],
    registers,
  });
  const isUp = new Gauge({
    name: "tramqr_database_up",
    help: "1 when the database answered this scrape",
    registers,
  });
  const counters = countersOf(registry);
  return {
    contentType: registry.contentType,
    async expose() {
      isUp.set((await readState(parts, state)) ? 1 : 0);
      connections.set({ state: "open" }, pool.totalCount);
      connections.set({ state: "idle" }, pool.idleCount);
      connections.set({ state: "waited-for" }, pool.waitingCount);
      return registry.metrics();
    },
    counting: (log) => ({
      event(name, facts = {}) {
        counters.note(name, facts);
        log.event(name, facts);
      },
      fault(name, cause) {
        counters.noteFault(name);
        log.fault(name, cause);
      },
    }),
    observe: counters.observe,
  };
}

function countersOf(registry: Registry) {
  const registers = [registry];
  const stored = new Counter({
    name: "tramqr_events_stored_total",
    help: "Events stored",
    registers,
  });
  const quarantined = new Counter({
    name: "tramqr_lines_quarantined_total",
    help: "Lines put in quarantine",
    registers,
  });
  const faults = new Counter({
    name: "tramqr_faults_total",
    help: "Faults of the machine that were logged",
    labelNames: ["area"],
    registers,
  });
  const requests = new Histogram({
    name: "tramqr_request_seconds",
    help: "Time to answer a request",
    labelNames: ["route", "status"],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  return {
    note(name: ServerEvent, facts: LogFacts) {
      if (name !== "batch") return;
      stored.inc(Number(facts["stored"] ?? 0));
      quarantined.inc(Number(facts["quarantined"] ?? 0));
    },
    noteFault: (area: ServerEvent) => faults.inc({ area }),
    observe: (route: string, status: number, seconds: number) =>
      requests.observe({ route, status: String(status) }, seconds),
  };
}

/** False when the database is away: the rest of the numbers is told all the same. */
async function readState(
  { pool, clock, log }: MetricsParts,
  state: ReadonlyMap<string, Gauge>,
): Promise<boolean> {
  const row = await askState(pool, clock.nowMs()).catch((cause: unknown) => {
    log.fault("database", cause);
    return null;
  });
  for (const [name, gauge] of state) gauge.set(row?.[name] ?? Number.NaN);
  return row !== null;
}

async function askState(
  pool: Pool,
  nowMs: number,
): Promise<Readonly<Record<string, number | null>>> {
  const found = await pool.query<Record<string, number | null>>(STATE, [nowMs]);
  return found.rows[0] ?? {};
}
