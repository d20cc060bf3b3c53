import type { FastifyInstance } from "fastify";
import type { Clock, Random } from "#core/ports.ts";
import { openControl } from "#server/admin/control-server.ts";
import { ensureDays } from "#server/database/days.ts";
import { inTransaction } from "#server/database/pool.ts";
import { countDays } from "#server/fleet/count-days.ts";
import { buildServer } from "#server/http/build-server.ts";
import type { ServerLimits } from "#server/http/parts.ts";
import type { ServerLog } from "#server/log.ts";
import { openMetrics } from "#server/operations/metrics-server.ts";
import { createUploadTraffic } from "#server/ingest/upload-traffic.ts";
import type { UploadTraffic } from "#server/ingest/upload-traffic.ts";
import { createMetrics } from "#server/operations/metrics.ts";
import type { Metrics } from "#server/operations/metrics.ts";
import { runRetention } from "#server/operations/retention.ts";
import { MOST_DAYS } from "#server/operations/retention-rules.ts";
import { openProvince, provinceFolder } from "#server/province.ts";
import type { Province } from "#server/province.ts";
import { DEFAULT_PROVINCE_NAME } from "#server/settings.ts";
import { DEFAULT_VALID_HOURS, issueCode } from "#server/stations/issue-code.ts";
import type { IssuedCode } from "#server/stations/issue-code.ts";
import { ensureGate } from "#server/stations/places.ts";
import { runPairing } from "#server/tracing/pairing.ts";
import { signAuditHead } from "#server/vault/audit-heads.ts";
import type { HeadOccasion } from "#server/vault/audit-heads.ts";

export type ServerOptions = {
  readonly dataDir: string;
  /** 0: any free port. */
  readonly port: number;
  /** Default 127.0.0.1: what stands before it speaks TLS. */
  readonly host?: string;
  /** Default: the PostgreSQL that we bring along. */
  readonly databaseUrl?: string | null;
  readonly provinceName?: string;
  /** Port of `/metrics`, beside the same host's other ports; 0: any free one. Default: none is opened. */
  readonly metricsPort?: number;
  readonly version?: string;
  readonly limits?: Partial<ServerLimits>;
  readonly log: ServerLog;
  readonly clock: Clock;
  readonly random: Random;
};

export type RunningServer = {
  readonly url: string;
  readonly port: number;
  /** Null when no metrics were asked for. */
  readonly metricsPort: number | null;
  /** The gate of that name at the place of that name, both made when they are missing. */
  ensureGate(names: {
    readonly place: string;
    readonly gate: string;
  }): Promise<{ readonly place: string; readonly gate: string }>;
  /** A one-time code for a new station; valid 24 hours unless said otherwise. */
  issueEnrolmentCode(request: {
    readonly place: string;
    readonly gate: string;
    readonly validHours?: number;
  }): Promise<IssuedCode>;
  /** Finishes what is under way, then stops everything in order. */
  stop(): Promise<void>;
};

const ROUND_MS = 3_600_000;
/** What a stopping server gives to requests; a batch takes less than a tenth of it. */
const FINISH_WITHIN_MS = 5_000;

/**
 * Starts the provincial server of a data folder: database, vault, HTTP, administrators' socket. Throws the named errors
 * of `openProvince` and what listening throws, having stopped what it had started.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const province = await openProvince({
    dataDir: options.dataDir,
    databaseUrl: options.databaseUrl ?? null,
    provinceName: options.provinceName ?? DEFAULT_PROVINCE_NAME,
    clock: options.clock,
    random: options.random,
    log: options.log,
  });
  try {
    // A restored backup, or a server that stood still for weeks, shows nothing that should be gone.
    await attempt(options.log, () => deleteOld(options, province));
    return await serve(options, province);
  } catch (cause) {
    await province.close();
    throw cause;
  }
}

async function serve(options: ServerOptions, province: Province): Promise<RunningServer> {
  const { clock, random } = options;
  const metrics = metricsOf(options, province);
  const log = metrics?.counting(options.log) ?? options.log;
  const stopping = new AbortController();
  const traffic = createUploadTraffic(clock);
  const app = buildServer({
    pool: province.pool,
    citizensPool: province.citizensPool,
    secrets: province.secrets,
    vault: province.vault,
    clock,
    random,
    log,
    version: options.version ?? "0",
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    onStored() {
      traffic.came();
      province.vault.poke();
    },
    ...(metrics === null ? {} : { observe: metrics.observe }),
  });
  const host = options.host ?? "127.0.0.1";
  await app.listen({ host, port: options.port });
  const [address] = app.addresses();
  const port = typeof address === "object" ? address.port : options.port;
  const metricsServer =
    metrics === null ? null : await openMetrics(metrics, { host, port: options.metricsPort ?? 0 });
  const control = await openControl(
    provinceFolder(options.dataDir),
    { ...province, clock, random },
    log,
  );
  const background = workBeside({ ...options, log }, province, traffic, stopping.signal);
  log.event("started", { port });
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    port,
    metricsPort: metricsServer?.port ?? null,
    ensureGate: (names) =>
      inTransaction(province.pool, (client) => ensureGate(client, names, random, clock.nowMs())),
    issueEnrolmentCode: (request) =>
      issueCode(
        { pool: province.pool, enrolmentKey: province.secrets.enrolmentKey, random },
        { validHours: DEFAULT_VALID_HOURS, ...request },
        clock.nowMs(),
      ),
    async stop() {
      await control.close();
      await closeInTime(app);
      await metricsServer?.close();
      stopping.abort();
      await background;
      await province.close();
      log.event("stopped");
    },
  };
}

/** Null when nobody asked for a port of its own. */
function metricsOf({ metricsPort, clock, log }: ServerOptions, { pool }: Province): Metrics | null {
  return metricsPort === undefined ? null : createMetrics({ pool, clock, log });
}

/** Everything that goes on beside requests, until the signal aborts. */
function workBeside(
  options: ServerOptions,
  province: Province,
  traffic: UploadTraffic,
  signal: AbortSignal,
): Promise<unknown> {
  const { clock, log } = options;
  return Promise.all([
    province.vault.run(signal),
    runPairing({ pool: province.pool, clock, log, traffic }, signal),
    lookAfter(options, province, signal),
  ]);
}

/**
 * Lets requests finish that are under way. Node counts a connection that has said nothing yet among them and would wait a
 * minute for it.
 */
async function closeInTime(app: FastifyInstance): Promise<void> {
  const late = setTimeout(() => app.server.closeAllConnections(), FINISH_WITHIN_MS);
  await app.close();
  clearTimeout(late);
}

/**
 * Every hour, and all but the deletion at once after a start: partitions for the days ahead, counts for the fleet, the
 * trail's signed head, deletion of what is over. What fails is tried again with the next round: events of a day without a
 * partition are kept.
 */
async function lookAfter(
  options: ServerOptions,
  province: Province,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = options;
  const { pool, secrets } = province;
  const signHead = (occasion: HeadOccasion) =>
    signAuditHead(pool, secrets.answerKey, { nowMs: clock.nowMs(), occasion });
  const rounds = [
    () => ensureDays(pool, clock.nowMs()),
    () => countDays(pool, clock.nowMs()),
    () => signHead("daily"),
    // Not at once: a start has just deleted.
    () => clock.sleep(ROUND_MS, signal),
    () => deleteOld(options, province),
  ];
  while (!signal.aborted) {
    for (const round of rounds) {
      if (signal.aborted) break;
      await attempt(log, round);
    }
  }
  // A stopped server leaves nothing in its trail that could be changed unnoticed.
  await attempt(log, () => signHead("when-changed"));
}

function deleteOld({ clock }: ServerOptions, { pool, secrets }: Province): Promise<unknown> {
  return runRetention({ pool, secrets, clock }, { days: MOST_DAYS, actor: "server" });
}

async function attempt(log: ServerLog, round: () => Promise<unknown>): Promise<void> {
  try {
    await round();
  } catch (cause) {
    log.fault("database", cause);
  }
}
