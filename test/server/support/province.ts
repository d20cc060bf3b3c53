import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Random } from "#core/ports.ts";
import { binariesIn } from "#server/database/binaries.ts";
import type { PostgresBinaries } from "#server/database/binaries.ts";
import { ensureDays } from "#server/database/days.ts";
import { distribute } from "#server/database/distribute.ts";
import { startEmbedded } from "#server/database/embedded.ts";
import type { EmbeddedDatabase } from "#server/database/embedded.ts";
import { migrate } from "#server/database/migrate.ts";
import { inTransaction, openPool } from "#server/database/pool.ts";
import type { Pool } from "#server/database/pool.ts";
import type { CitizenLimits } from "#server/citizens/limits.ts";
import { buildServer } from "#server/http/build-server.ts";
import type { ServerLimits } from "#server/http/parts.ts";
import { createServerLog } from "#server/log.ts";
import type { ServerLog } from "#server/log.ts";
import { issueCode } from "#server/stations/issue-code.ts";
import { ensureGate } from "#server/stations/places.ts";
import { newProvinceSecrets } from "#server/vault/province-keys.ts";
import type { ProvinceSecrets } from "#server/vault/province-keys.ts";
import { createVault } from "#server/vault/vault.ts";
import type { Vault } from "#server/vault/vault.ts";
import { standInForCitus } from "./cluster.ts";
import { seededRandom, testClock } from "./ports.ts";
import type { TestClock } from "./ports.ts";

const DEBIAN_15 = "/usr/lib/postgresql/15/bin";

/** A PostgreSQL that the suites run on. */
export type Engine = {
  readonly name: string;
  readonly isHere: boolean;
  readonly binaries: PostgresBinaries | null;
  /** A stand-in for Citus is in it, and the tables are distributed. */
  readonly isCluster?: boolean;
};

const plain: readonly Engine[] = [
  { name: "PostgreSQL 18, ours", isHere: true, binaries: null },
  {
    name: "PostgreSQL 15, Debian's",
    isHere: existsSync(DEBIAN_15),
    binaries: binariesIn(DEBIAN_15),
  },
];

/** Our PostgreSQL with its tables distributed, for suites about what a cluster must not change. */
export const cluster: Engine = {
  name: "PostgreSQL 18, distributed by a stand-in for Citus",
  isHere: true,
  binaries: null,
  isCluster: true,
};

/** `TRAMQR_TEST_CLUSTER=1` runs every suite on distributed tables. */
export const engines: readonly Engine[] =
  process.env["TRAMQR_TEST_CLUSTER"] === "1"
    ? plain.map((engine) => ({ ...engine, isCluster: true }))
    : plain;

/** A province in this process: real database, real HTTP app, clock and chance of the test. */
export type TestProvince = {
  readonly dataDir: string;
  readonly database: EmbeddedDatabase;
  readonly pool: Pool;
  readonly secrets: ProvinceSecrets;
  readonly vault: Vault;
  readonly isEmbedded: true;
  readonly clock: TestClock;
  readonly random: Random;
  readonly app: FastifyInstance;
  /** Everything that was logged, lines joined. */
  logged(): string;
  /** Another server process over the same database. */
  anotherApp(limits?: Partial<ServerLimits>): FastifyInstance;
  place: { readonly place: string; readonly gate: string };
  newCode(validHours?: number): Promise<string>;
  stop(): Promise<void>;
};

export function tempFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `tramqr-${name}-`));
}

export async function startTestProvince(
  engine: Engine,
  { citizens = {}, ...limits }: Partial<ServerLimits> & { citizens?: Partial<CitizenLimits> } = {},
): Promise<TestProvince> {
  const dataDir = tempFolder("server");
  const lines: string[] = [];
  const log: ServerLog = createServerLog((line) => lines.push(line));
  const clock = testClock();
  const random = seededRandom("province");
  const database = await startEmbedded({
    folder: join(dataDir, "province"),
    dataDir,
    log,
    ...(engine.binaries === null ? {} : { binaries: engine.binaries }),
  });
  const pool = await openPool(database.connection, 20, log);
  await migrate(pool);
  if (engine.isCluster === true) {
    await standInForCitus(pool);
    await inTransaction(pool, distribute);
  }
  await ensureDays(pool, clock.nowMs());
  const secrets = newProvinceSecrets(seededRandom("secrets"));
  await pool.query("INSERT INTO province (name, sealing_key, made_at_ms) VALUES ($1, $2, $3)", [
    "Tỉnh Mẫu",
    Buffer.from(secrets.openingKey.publicKey),
    clock.nowMs(),
  ]);
  const vault = createVault({ pool, secrets, clock, log });
  const place = await ensureGate(pool, { place: "Chợ Mẫu", gate: "Cổng 1" }, random, clock.nowMs());
  const common = {
    pool,
    secrets,
    vault,
    clock,
    random,
    log,
    version: "test",
    citizenLimits: citizens,
  };
  const app = buildServer({ ...common, limits: { enrolmentsPerMinute: 10_000, ...limits } });
  const apps = [app];
  return {
    dataDir,
    database,
    pool,
    secrets,
    vault,
    isEmbedded: true,
    clock,
    random,
    app,
    place,
    logged: () => lines.join(""),
    anotherApp(more = {}) {
      const another = buildServer({ ...common, limits: { enrolmentsPerMinute: 10_000, ...more } });
      apps.push(another);
      return another;
    },
    async newCode(validHours = 24) {
      const parts = { pool, enrolmentKey: secrets.enrolmentKey, random };
      const issued = await issueCode(parts, { ...place, validHours }, clock.nowMs());
      return issued.code;
    },
    async stop() {
      for (const one of apps) await one.close();
      await pool.end();
      await database.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
