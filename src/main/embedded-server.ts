import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { systemClock } from "#main/system-ports.ts";

/** The provincial server as a child process of the station: no batch ever stands between a trigger and a verdict. */
export type EmbeddedServer = {
  readonly url: string;
  /** Makes a place and a gate for this machine's own station when there is none yet, and a code to enrol it. */
  enrolmentCode(): Promise<string>;
  /** Resolves when the server and its database have stopped in order. */
  stop(): Promise<void>;
};

/** The server did not come up; its own words are the message. */
export class EmbeddedServerFailed extends Error {
  override readonly name = "EmbeddedServerFailed";
}

export type EmbeddedServerOptions = {
  readonly dataDir: string;
  readonly port: number;
  /** Called when the server ends although nobody asked it to; it is started again by itself. */
  readonly onDeath: () => void;
};

const RESTART_MS = 1_000;

/**
 * Starts `tramqr server` for this data folder and waits until it answers. It ends by itself when this process dies,
 * because its standard input closes. After a death of its own it is started again on the same port.
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const stopping = new AbortController();
  const first = await launch(options, options.port);
  const state = { running: first };
  const kept = keepRunning(options, state, stopping.signal);
  return {
    url: first.url,
    enrolmentCode: () => state.running.ask("enrolment-code"),
    async stop() {
      stopping.abort();
      state.running.child.stdin?.end();
      await kept;
    },
  };
}

async function keepRunning(
  options: EmbeddedServerOptions,
  state: { running: Running },
  stopping: AbortSignal,
): Promise<void> {
  const port = Number(new URL(state.running.url).port);
  await state.running.ended;
  while (!stopping.aborted) {
    options.onDeath();
    await systemClock.sleep(RESTART_MS, stopping);
    if (stopping.aborted) return;
    try {
      state.running = await launch(options, port);
    } catch (cause) {
      if (!(cause instanceof EmbeddedServerFailed)) throw cause;
      continue;
    }
    await state.running.ended;
  }
}

type Running = {
  readonly url: string;
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  /** One question on the child's standard input, one JSON line of answer. */
  ask(question: string): Promise<string>;
};

async function launch(options: EmbeddedServerOptions, port: number): Promise<Running> {
  const cli = fileURLToPath(new URL("../cli.ts", import.meta.url));
  const args = [cli, "server", "--data", options.dataDir, "--port", String(port), "--child"];
  // A process group of its own, so that Ctrl-C at the terminal reaches the station first and the server is stopped last.
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"], detached: true });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    errors.push(line);
    if (errors.length > 20) errors.shift();
  });
  const lines = createInterface({ input: child.stdout });
  const nextLine = () => new Promise<string>((resolve) => lines.once("line", resolve));
  const first = await Promise.race([nextLine(), ended.then(() => null)]);
  if (first === null) throw new EmbeddedServerFailed(errors.join("\n"));
  const ready: unknown = JSON.parse(first);
  return {
    url: stringField(ready, "url"),
    child,
    ended,
    async ask(question) {
      const answer = nextLine();
      child.stdin?.write(`${question}\n`);
      return stringField(JSON.parse(await answer), "answer");
    },
  };
}

function stringField(value: unknown, name: string): string {
  const field: unknown =
    typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  if (typeof field === "string") return field;
  throw new EmbeddedServerFailed(`no "${name}" in the server's line`);
}
