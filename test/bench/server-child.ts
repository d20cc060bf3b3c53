import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A provincial server with its own PostgreSQL, as a process of its own, as a station's program starts it. */
export type ServerChild = {
  readonly url: string;
  /** An enrolment code for the server's own gate. */
  newCode(): Promise<string>;
  stop(): Promise<void>;
};

/** `flags` are Node's, for a profile. */
export async function startServerChild(
  dataDir: string,
  flags: readonly string[] = (process.env["TRAMQR_BENCH_SERVER_FLAGS"] ?? "").split(" "),
): Promise<ServerChild> {
  const cli = join(import.meta.dirname, "../../src/cli.ts");
  const nodeFlags = flags.filter((flag) => flag !== "");
  const child = spawn(
    process.execPath,
    [...nodeFlags, cli, "server", "--data", dataDir, "--child"],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  const lines = createInterface({ input: child.stdout });
  const nextLine = () => new Promise<string>((resolve) => lines.once("line", resolve));
  const { url } = JSON.parse(await nextLine()) as { url: string };
  return {
    url,
    async newCode() {
      const answer = nextLine();
      child.stdin.write("enrolment-code\n");
      return (JSON.parse(await answer) as { answer: string }).answer;
    },
    stop() {
      const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
      child.stdin.end();
      return ended;
    },
  };
}
