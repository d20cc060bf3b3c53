import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { assertNever } from "#core/assert.ts";
import { usageOf } from "#server/admin/command-names.ts";
import { checkCommand, commands } from "#server/admin/commands.ts";
import { AdminUsage } from "#server/admin/context.ts";
import type { AdminIo } from "#server/admin/context.ts";
import { ServerHungUp, connectToServer, relayCommand } from "#server/admin/control-client.ts";
import { MAX_PAIRS_INPUT } from "#server/admin/control-messages.ts";
import type { ControlRequest } from "#server/admin/control-messages.ts";
import { openOutput } from "#server/admin/output-file.ts";
import { explain, runAndExplain } from "#server/admin/run-and-explain.ts";
import { splitData } from "#server/admin/split-data.ts";
import { ownUserName } from "#server/database/system-user.ts";
import { findOffline, offlineCommands } from "#server/operations/offline-commands.ts";
import { ProvinceInUse } from "#server/folder-lock.ts";
import { createServerLog } from "#server/log.ts";
import { systemClock, systemRandom } from "#server/ports.ts";
import { openProvince, provinceFolder } from "#server/province.ts";
import type { Province } from "#server/province.ts";
import { DEFAULT_PROVINCE_NAME } from "#server/settings.ts";

const EXIT_REFUSED = 1;
const EXIT_USAGE = 2;
/** A server that is starting holds its folder already, and answers as soon as its database does. */
const STARTING_LIMIT_MS = 60_000;
const POLL_MS = 200;

const MAX_INPUT = 400;

/** A terminal, or what stands for one. */
export type AdminTerminal = AdminIo & {
  /** One line that is not shown while it is typed. */
  readonly readSecret?: () => Promise<string>;
  /** Two lines that are not shown, joined by a semicolon; everything there is when nobody types. */
  readonly readSecretPairs?: () => Promise<string>;
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Runs one administrator's command on the province of a data folder (`--data DIR`): through its server when that runs,
 * else on the database itself, which is started for the command. Lines of data go to `io.write`, everything for
 * people to `io.error`. Returns the exit code: 0 done, 1 refused or impossible, 2 not understood.
 */
export async function runAdmin(
  args: readonly string[],
  terminal: AdminTerminal,
  environment: Environment = process.env,
): Promise<number> {
  try {
    const { dataDir, rest: typed } = splitData(args, environment);
    const { rest, io, finish } = openOutput(typed, terminal);
    if (rest.length === 0 || rest.includes("--help")) return await tellUsage(rest, io);
    const offline = findOffline(rest);
    if (offline !== null) return await offline({ dataDir, io, environment });
    const inputKind = checkCommand(rest);
    const folder = provinceFolder(dataDir);
    if (rest[0] === "entries" && !existsSync(folder)) {
      await io.error(`There is no province in ${dataDir}: name its data folder with --data DIR.`);
      return EXIT_REFUSED;
    }
    const input = await readInput(terminal, inputKind);
    const code = await runAnyhow({ dataDir, folder, rest, input, io, environment });
    if (code === 0) finish();
    return code;
  } catch (cause) {
    const words = cause instanceof ServerHungUp ? { code: 1, text: cause.message } : explain(cause);
    if (words === null) throw cause;
    await terminal.error(words.text);
    return words.code;
  }
}

type Run = {
  readonly dataDir: string;
  readonly folder: string;
  readonly rest: readonly string[];
  readonly input: string | null;
  readonly io: AdminIo;
  readonly environment: Environment;
};

/** What there is, for whoever asks, and for whoever names nothing. */
async function tellUsage(args: readonly string[], io: AdminIo): Promise<number> {
  const isAsked = args.length > 0;
  const words = args.filter((word) => !word.startsWith("-"));
  const lines = usageOf({ ...commands, ...offlineCommands }, words);
  for (const line of lines) await (isAsked ? io.write(line) : io.error(line));
  return isAsked ? 0 : EXIT_USAGE;
}

async function readInput(
  terminal: AdminTerminal,
  kind: "nothing" | "line" | "pairs",
): Promise<string | null> {
  switch (kind) {
    case "nothing":
      return null;
    case "line":
      return requireShort(await terminal.readSecret?.(), MAX_INPUT);
    case "pairs":
      return requireShort(await terminal.readSecretPairs?.(), MAX_PAIRS_INPUT);
    default:
      return assertNever(kind);
  }
}

function requireShort(input: string | undefined, most: number): string {
  if (input === undefined || input.length > most) {
    throw new AdminUsage(
      most === MAX_INPUT
        ? "One line is expected on standard input."
        : `At most ${most} signs are read from standard input at once.`,
    );
  }
  return input;
}

function requestOf({ rest, input }: Run, actor: string): ControlRequest {
  return { args: [...rest], actor, folder: process.cwd(), ...(input === null ? {} : { input }) };
}

async function runAnyhow(run: Run): Promise<number> {
  const actor = `local:${ownUserName()}`;
  for (let waited = 0; ; waited += POLL_MS) {
    const socket = await connectToServer(run.folder);
    if (socket !== null) return relayCommand(socket, requestOf(run, actor), run.io);
    const province = await openUnlessBusy(run, waited >= STARTING_LIMIT_MS);
    if (province !== null) return runHere(province, run, actor);
    await sleep(POLL_MS);
  }
}

/** Null while another process holds the folder, which may be a server that is about to answer. */
async function openUnlessBusy(run: Run, isLast: boolean): Promise<Province | null> {
  try {
    return await openProvince({
      dataDir: run.dataDir,
      databaseUrl: run.environment["DATABASE_URL"] ?? null,
      provinceName: run.environment["TRAMQR_PROVINCE_NAME"] ?? DEFAULT_PROVINCE_NAME,
      clock: systemClock,
      random: systemRandom,
      log: createServerLog(() => {}),
    });
  } catch (cause) {
    if (cause instanceof ProvinceInUse && !isLast) return null;
    throw cause;
  }
}

async function runHere(province: Province, run: Run, actor: string): Promise<number> {
  try {
    const parts = { ...province, clock: systemClock, random: systemRandom };
    return await runAndExplain(parts, run.rest, { actor, input: run.input, io: run.io });
  } finally {
    await province.close();
  }
}
