import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Type } from "typebox";
import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import { onTestFinished } from "vitest";
import { processesOf, runAdmin, startProgram } from "./program.ts";
import type { Program } from "./program.ts";
import { until } from "./until.ts";

const Text = Type.Union([Type.String(), Type.Null()]);

/** One line of `entries --ndjson --open`, as far as these tests look at it. */
export const OpenedEntry = Type.Object({
  event_id: Type.String(),
  station: Type.String(),
  instance: Type.String(),
  seq: Type.Integer(),
  direction: Text,
  document_kind: Text,
  subject: Text,
  name: Text,
  document: Text,
});
export type OpenedEntry = Static<typeof OpenedEntry>;

/** Everything the province holds: opened entries, and how many events of other types. */
export type Holdings = { readonly entries: readonly OpenedEntry[]; readonly others: number };

/** A provincial server as a process, with one gate, and what an administrator sees of it. */
export type Province = {
  readonly dataDir: string;
  readonly url: string;
  readonly enrolmentCode: string;
  /** Ids of all entries, nothing opened. */
  entryIds(): Promise<ReadonlySet<string>>;
  /** Opens a case and every entry in its name. */
  openAll(): Promise<Holdings>;
  /** SIGKILL to the server's process group, and the same command again: same folder, same port. */
  killAndRestart(): Promise<void>;
  terminate(): Promise<{ readonly code: number | null; readonly lines: readonly string[] }>;
};

const CASE = "VA-2026-001";

/** A folder that is removed when the test is over. */
export function tempFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `tramqr-e2e-${name}-`));
  onTestFinished(async () => {
    // The PostgreSQL of a killed server ends by itself, and writes to its last moment.
    await until(() => processesOf(folder).length === 0, `the last process of ${folder}`, 30_000);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

export async function startProvince(): Promise<Province> {
  const dataDir = tempFolder("province");
  let server: Program = startProgram(["server", "--data", dataDir, "--port", "0"]);
  const url = urlOf(await server.line("TramQR server ready "));
  const { port } = new URL(url);
  const admin = (...args: readonly string[]) => runAdmin(dataDir, args);
  const place = firstOf(
    Type.Object({ place: Type.String() }),
    (await admin("place", "add", "--name", "Toà nhà Mẫu")).lines,
  ).place;
  const gate = firstOf(
    Type.Object({ gate: Type.String() }),
    (await admin("gate", "add", "--place", place, "--name", "Cổng Thử")).lines,
  ).gate;
  const issued = await admin("station", "enrol-code", "--place", place, "--gate", gate);
  return {
    dataDir,
    url,
    enrolmentCode: firstOf(Type.Object({ code: Type.String() }), issued.lines).code,
    async entryIds() {
      const { lines } = await admin("entries", "--ndjson");
      return new Set(
        lines.map((line) => parse(Type.Object({ event_id: Type.String() }), line).event_id),
      );
    },
    async openAll() {
      const grounds = ["--reason", "diễn tập"];
      await admin("case", "open", CASE, "--basis", "Quyết định 00/QĐ-MẪU", ...grounds);
      const opening = ["--open", "--case", CASE, ...grounds, "--approve"];
      const { lines, remarks } = await admin("entries", "--ndjson", ...opening);
      return {
        entries: lines.map((line) => parse(OpenedEntry, line)),
        others: countOthers(remarks.join(" ")),
      };
    },
    async killAndRestart() {
      await server.kill();
      server = startProgram(["server", "--data", dataDir, "--port", port]);
      await server.line(`TramQR server ready ${url}`);
    },
    async terminate() {
      const code = await server.terminate();
      return { code, lines: server.lines };
    },
  };
}

/** One JSON line of a known shape. */
export function parse<Schema extends TSchema>(schema: Schema, line: string): Static<Schema> {
  return Value.Parse(schema, JSON.parse(line));
}

function firstOf<Schema extends TSchema>(schema: Schema, lines: readonly string[]): Static<Schema> {
  return parse(schema, lines[0] ?? "null");
}

/** `300 entries. Other events: unread 15, mode 1.` */
function countOthers(remark: string): number {
  const listed = /Other events: (.*?)\./.exec(remark)?.[1];
  if (listed === undefined) throw new Error(`no count of other events in "${remark}"`);
  const counts = [...listed.matchAll(/ (\d+)/g)].map((match) => Number(match[1]));
  return counts.reduce((sum, count) => sum + count, 0);
}

function urlOf(readyLine: string): string {
  return readyLine.split(" ").at(-1) ?? "";
}
