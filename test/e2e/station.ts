import { Type } from "typebox";
import type { Static } from "typebox";
import { startProgram } from "./program.ts";
import type { Program } from "./program.ts";
import { parse, tempFolder } from "./province.ts";
import type { Province } from "./province.ts";
import type { Scanner } from "./scanner.ts";

/** What `start --json` prints of one scan. */
export const ScanLine = Type.Object({
  verdict: Type.String(),
  document_kind: Type.Union([Type.String(), Type.Null()]),
  direction: Type.Union([Type.String(), Type.Null()]),
  reason: Type.Union([Type.String(), Type.Null()]),
  event_id: Type.Union([Type.String(), Type.Null()]),
  durable_ms: Type.Union([Type.Number(), Type.Null()]),
});
export type ScanLine = Static<typeof ScanLine>;

/** A station as a process, over all its lives in one folder. */
export type Station = {
  readonly dataDir: string;
  /** Every scan it told of, oldest first. */
  scans(): readonly ScanLine[];
  /** SIGKILL to its process group, and the same command again. */
  killAndRestart(): Promise<void>;
  terminate(): Promise<{ readonly code: number | null; readonly lines: readonly string[] }>;
};

/** Enrolled and ready for scans. */
export async function startStation(province: Province, scanner: Scanner): Promise<Station> {
  const dataDir = tempFolder("station");
  const lives: Program[] = [];
  const start = async () => {
    const reading = ["--headless", "--json", "--scanner", `serial:${scanner.path}`];
    const upload = ["--server", province.url, "--enrol", province.enrolmentCode];
    const program = startProgram(["start", ...reading, ...upload, "--data", dataDir]);
    lives.push(program);
    await program.line("TramQR ready");
    return program;
  };
  let current = await start();
  return {
    dataDir,
    scans: () =>
      lives
        .flatMap((life) => life.lines)
        .filter((line) => line.startsWith("{"))
        .map((line) => parse(ScanLine, line)),
    async killAndRestart() {
      await current.kill();
      current = await start();
    },
    async terminate() {
      const code = await current.terminate();
      return { code, lines: current.lines };
    },
  };
}

/** Ids of the events that are entries, in the order they were told of. */
export function entryIdsOf(scans: readonly ScanLine[]): readonly string[] {
  return scans.flatMap(({ verdict, event_id }) =>
    event_id !== null && ["in", "out", "notice"].includes(verdict) ? [event_id] : [],
  );
}
