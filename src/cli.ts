/** The command table: `tramqr start | server | admin … | read … | scanner …`. Each command is imported only when it is asked for. */
import { UsageError } from "#main/usage-error.ts";

type Command = (args: readonly string[]) => Promise<number>;

const commands: Readonly<Record<string, Command>> = {
  async start(args) {
    const { runStart } = await import("#main/start.ts");
    return runStart(args);
  },
  async server(args) {
    const { runServer } = await import("#server/run-server.ts");
    return runServer(args);
  },
  async admin(args) {
    const { runAdmin } = await import("#server/admin/run-admin.ts");
    process.stdout.once("error", endWithReader);
    return runAdmin(args, { write: printLine, error: printError, readSecret, readSecretPairs });
  },
  async read(args) {
    const { runRead } = await import("#main/read.ts");
    return runRead(args, inputLines(), printLine);
  },
  async scanner(args) {
    const { runScannerCommand } = await import("#main/scanner-command.ts");
    return runScannerCommand(args, printLine, Date.now());
  },
};

const [name = "", ...args] = process.argv.slice(2);
process.exitCode = await run(name, args);

async function run(command: string, rest: readonly string[]): Promise<number> {
  const known = commands[command];
  if (known === undefined || !Object.hasOwn(commands, command)) {
    const names = Object.keys(commands).join(", ");
    printError(
      `Không có lệnh "${command}". Có: ${names}. / Unknown command "${command}"; known: ${names}.`,
    );
    return 2;
  }
  try {
    return await known(rest);
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    printError(cause.vietnamese);
    printError(cause.english);
    return 2;
  }
}

async function* inputLines(): AsyncIterable<string> {
  const { createInterface } = await import("node:readline");
  yield* createInterface({ input: process.stdin, crlfDelay: Infinity });
}

/** One line; typed on a terminal, it is asked for and not shown. */
async function readSecret(): Promise<string> {
  return (await readUnseen(["Số giấy tờ / Document number:"])).at(0) ?? "";
}

/** Typed on a terminal, two numbers are asked for and not shown; else every line there is. */
async function readSecretPairs(): Promise<string> {
  const asked = ["Số giấy tờ cũ / Older document:", "Số giấy tờ hiện nay / Document of today:"];
  if (process.stdin.isTTY) return (await readUnseen(asked)).join(";");
  const lines: string[] = [];
  for await (const line of inputLines()) lines.push(line);
  return lines.join("\n");
}

/** One line for each prompt; prompts are for people only. */
async function readUnseen(prompts: readonly string[]): Promise<readonly string[]> {
  const { createInterface } = await import("node:readline");
  const { Writable } = await import("node:stream");
  const isTyped = process.stdin.isTTY;
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const input = createInterface({ input: process.stdin, output: unseen, terminal: isTyped });
  const lines: string[] = [];
  const prompt = () => {
    const next = prompts[lines.length];
    if (isTyped && next !== undefined) printError(next);
  };
  prompt();
  for await (const line of input) {
    lines.push(line);
    if (lines.length === prompts.length) return lines;
    prompt();
  }
  return lines;
}

/** `tramqr admin … | head -1`: whoever reads has enough. Anything else is a fault. */
function endWithReader(cause: NodeJS.ErrnoException): void {
  if (cause.code !== "EPIPE") throw cause;
  process.exit(0);
}

function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

function printError(line: string): void {
  process.stderr.write(`${line}\n`);
}
