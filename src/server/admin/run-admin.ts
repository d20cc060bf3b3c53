import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { checkCommand } from "#server/admin/commands.ts";
import { AdminUsage } from "#server/admin/context.ts";
import type { AdminIo } from "#server/admin/context.ts";
import { ServerHungUp, connectToServer, relayCommand } from "#server/admin/control-client.ts";
import type { ControlRequest } from "#server/admin/control-messages.ts";
import { openOutput } from "#server/admin/output-file.ts";
import { explain, runAndExplain } from "#server/admin/run-and-explain.ts";
import { splitData } from "#server/admin/split-data.ts";
import { ownUserName } from "#server/database/system-user.ts";
import { findOffline } from "#server/operations/offline-commands.ts";
import { ProvinceInUse } from "#server/folder-lock.ts";
import { createServerLog } from "#server/log.ts";
import { systemClock, systemRandom } from "#server/ports.ts";
import { openProvince, provinceFolder } from "#server/province.ts";
import type { Province } from "#server/province.ts";
import { DEFAULT_PROVINCE_NAME } from "#server/settings.ts";

const EXIT_REFUSED = 1;
/** A server that is starting holds its folder already, and answers as soon as its database does. */
const STARTING_LIMIT_MS = 60_000;
const POLL_MS = 200;

const MAX_INPUT = 400;

/** A terminal, or what stands for one. */
export type AdminTerminal = AdminIo & {
  /** One line that is not shown while it is typed. */
  readonly readSecret?: () => Promise<string>;
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
    const offline = findOffline(rest);
    if (offline !== null) return await offline({ dataDir, io, environment });
    checkCommand(rest);
    const folder = provinceFolder(dataDir);
    if (rest[0] === "entries" && !existsSync(folder)) {
      await io.error(`There is no province in ${dataDir}: name its data folder with --data DIR.`);
      return EXIT_REFUSED;
    }
    const input = rest.includes("--document-stdin") ? await readInput(terminal) : null;
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

async function readInput(terminal: AdminTerminal): Promise<string> {
  const input = await terminal.readSecret?.();
  if (input === undefined || input.length > MAX_INPUT) {
    throw new AdminUsage("One line is expected on standard input.");
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
