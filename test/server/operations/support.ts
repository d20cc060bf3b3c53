import { runAdmin } from "#server/admin/run-admin.ts";
import { runAndExplain } from "#server/admin/run-and-explain.ts";
import type { TestProvince } from "../support/province.ts";

/** What a command wrote, and its exit code. */
export type Said = {
  readonly code: number;
  readonly out: readonly string[];
  readonly err: string;
};

type Doing = (io: { write(line: string): void; error(line: string): void }) => Promise<number>;

async function listen(doing: Doing): Promise<Said> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await doing({
    write: (line) => void out.push(line),
    error: (line) => void err.push(line),
  });
  return { code, out, err: err.join("\n") };
}

/** A command on a test province, as its server would run it. */
export function runIn(province: TestProvince, ...args: string[]): Promise<Said> {
  return listen((io) => runAndExplain(province, args, { actor: "local:test", io }));
}

/** A command as it is typed, on a data folder. */
export function admin(dataDir: string, ...args: string[]): Promise<Said> {
  return listen((io) => runAdmin([...args, "--data", dataDir], io, {}));
}

/** The one JSON object that a command wrote. */
export function onlyLine(said: Said): Readonly<Record<string, unknown>> {
  if (said.out.length !== 1) throw new Error(`${said.out.length} lines, ${said.err}`);
  return JSON.parse(said.out[0] ?? "") as Readonly<Record<string, unknown>>;
}
