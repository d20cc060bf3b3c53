import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { AdminUsage } from "#server/admin/context.ts";
import { explain } from "#server/admin/run-and-explain.ts";
import { createServerLog } from "#server/log.ts";
import type { ServerLog } from "#server/log.ts";
import { openLogFile } from "#server/log-file.ts";
import { systemClock, systemRandom } from "#server/ports.ts";
import { provinceFolder } from "#server/province.ts";
import { defaultDataDir } from "#server/settings.ts";
import { startServer } from "#server/start-server.ts";
import type { RunningServer } from "#server/start-server.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const flags = {
  data: { type: "string" },
  port: { type: "string" },
  host: { type: "string" },
  "province-name": { type: "string" },
  "metrics-port": { type: "string" },
  child: { type: "boolean" },
} as const;

/** Names for the station on the server's own machine; its supervisor changes them later. */
const OWN_PLACE = "Cơ sở này";
const OWN_GATE = "Cổng chính";

/**
 * `tramqr server`: runs until SIGINT, SIGTERM or SIGHUP. With `--child` it serves the process that started it: one
 * JSON line `{url}` when it is ready, questions on standard input (`enrolment-code`), answered `{answer}`, and the end
 * of standard input stops it. Resolves to the exit code once everything has stopped in order.
 */
export async function runServer(
  args: readonly string[],
  environment: Environment = process.env,
): Promise<number> {
  try {
    const options = parseOptions(args, environment);
    await (options.isChild ? runAsChild(options) : runAlone(options));
    return 0;
  } catch (cause) {
    const words = explain(cause) ?? listenTrouble(cause);
    if (words === null) throw cause;
    process.stderr.write(`${words.text}\n`);
    return words.code;
  }
}

type Options = {
  readonly dataDir: string;
  readonly port: number;
  readonly host: string;
  readonly provinceName: string | null;
  readonly metricsPort: number | null;
  readonly databaseUrl: string | null;
  readonly isChild: boolean;
};

async function runAlone(options: Options): Promise<void> {
  const log = createServerLog((line) => process.stderr.write(line));
  const server = await start(options, log);
  if (server.metricsPort !== null) {
    process.stdout.write(`TramQR metrics http://${options.host}:${server.metricsPort}/metrics\n`);
  }
  process.stdout.write(`TramQR server ready ${server.url}\n`);
  await untilSignal();
  await server.stop();
  process.stdout.write("TramQR server stopped\n");
}

async function runAsChild(options: Options): Promise<void> {
  const file = openLogFile(join(provinceFolder(options.dataDir), "server.log"));
  const server = await start(
    options,
    createServerLog((line) => file.write(line)),
  );
  say({ url: server.url });
  await Promise.race([answerQuestions(server), untilSignal()]);
  await server.stop();
  process.stdin.destroy();
}

function start(options: Options, log: ServerLog): Promise<RunningServer> {
  return startServer({
    dataDir: options.dataDir,
    port: options.port,
    host: options.host,
    databaseUrl: options.databaseUrl,
    ...(options.provinceName === null ? {} : { provinceName: options.provinceName }),
    ...(options.metricsPort === null ? {} : { metricsPort: options.metricsPort }),
    version: programVersion(),
    log,
    clock: systemClock,
    random: systemRandom,
  });
}

/** Until standard input ends. */
async function answerQuestions(server: RunningServer): Promise<void> {
  for await (const question of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    if (question !== "enrolment-code") continue;
    const gate = await server.ensureGate({ place: OWN_PLACE, gate: OWN_GATE });
    const issued = await server.issueEnrolmentCode(gate);
    say({ answer: issued.code });
  }
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => resolve());
  });
}

function parseOptions(args: readonly string[], environment: Environment): Options {
  const given = parseOrUsage(args);
  const port = portOf("port", given.port ?? environment["TRAMQR_SERVER_PORT"] ?? "0");
  const metricsPort = given["metrics-port"] ?? environment["TRAMQR_METRICS_PORT"] ?? "";
  const databaseUrl = environment["DATABASE_URL"] ?? "";
  return {
    dataDir: resolve(given.data ?? environment["TRAMQR_DATA"] ?? defaultDataDir(environment)),
    port,
    host: given.host ?? environment["TRAMQR_HOST"] ?? "127.0.0.1",
    provinceName: given["province-name"] ?? environment["TRAMQR_PROVINCE_NAME"] ?? null,
    metricsPort: metricsPort === "" ? null : portOf("metrics-port", metricsPort),
    databaseUrl: databaseUrl === "" ? null : databaseUrl,
    isChild: given.child === true,
  };
}

function portOf(flag: string, text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new AdminUsage(`--${flag} is a number from 0 to 65535, not "${text}".`);
  }
  return port;
}

function parseOrUsage(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: false })
      .values;
  } catch (cause) {
    const known = Object.keys(flags).map((name) => `--${name}`);
    throw new AdminUsage(`Unknown argument. Known: ${known.join(" ")}.`, { cause });
  }
}

function listenTrouble(cause: unknown): { readonly code: number; readonly text: string } | null {
  const code = cause instanceof Error && "code" in cause ? cause.code : null;
  if (code === "EADDRINUSE") return { code: 1, text: "The port is taken: choose another --port." };
  if (code === "EACCES") return { code: 1, text: "This user may not listen on that port." };
  return null;
}

function programVersion(): string {
  const path = fileURLToPath(new URL("../../package.json", import.meta.url));
  const manifest: unknown = JSON.parse(readFileSync(path, "utf8"));
  const isNamed = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return isNamed ? String(manifest.version) : "0";
}
